/**
 * One step across nodes: what the ranks of one model say to each other. The rank that serves requests leads; the others follow, and all of
 * them compute the same steps in the same order. When one is lost, each of the others hears of it as an exception, soon, and never waits
 * for ever. A group belongs to the one thread that computes.
 */
package dev.penstock.inference.parallel;
