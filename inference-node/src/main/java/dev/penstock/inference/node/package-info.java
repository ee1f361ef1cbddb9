/**
 * A node of a model: opens the file, plans, loads, computes and serves, or follows the one that serves. Each node has one thread that
 * owns the group and the model, from the joining to the end; the builder and the status may be used by any.
 */
package dev.penstock.inference.node;
