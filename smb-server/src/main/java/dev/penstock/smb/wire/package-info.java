/** Little-endian reading and writing, shared by the codecs of one package per Microsoft document. Pure functions and values: any thread. */
package dev.penstock.smb.wire;
