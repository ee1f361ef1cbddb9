/** Data types of [MS-DTYP]. Values: any thread. */
package dev.penstock.smb.wire.dtyp;
