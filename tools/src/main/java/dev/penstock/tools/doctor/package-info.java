/**
 * What keeps RDMA from working on a machine, found out in the order in which it has to be mended. Checks look at the machine through {@link
 * Machine} only, so that they can be tried on the outputs of machines that are not here. One thread.
 */
@NullMarked
package dev.penstock.tools.doctor;

import org.jspecify.annotations.NullMarked;
