/**
 * Which cable leads to whom. Pure so far: plans for cabling a few machines port to port, as RDMA over Thunderbolt wants it, which neither routes
 * nor forwards. No threads.
 */
@NullMarked
package dev.penstock.fabric;

import org.jspecify.annotations.NullMarked;
