/** Counters of the server. Any thread. */
package dev.penstock.smb.metrics;
