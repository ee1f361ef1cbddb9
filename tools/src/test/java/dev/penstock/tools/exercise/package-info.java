/**
 * What is done to a mounted share by programs, to find out whether it is a file system: operations checked against a model, a crowd of
 * processes on one tree by two mounts, and the comparison of what each of them sees with what is on the server's disk. Programs of their
 * own, since they run in the guest, on the kernel's client.
 */
@NullMarked
package dev.penstock.tools.exercise;

import org.jspecify.annotations.NullMarked;
