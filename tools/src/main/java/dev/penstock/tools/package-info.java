/** The penstock command: wires the rooms into a daemon. Main thread. */
package dev.penstock.tools;
