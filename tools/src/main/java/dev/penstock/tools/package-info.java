/**
 * The penstock command: one thin class per sub-command, which parses, calls a room of the house, and prints. Everything a user can do wrong
 * ends in one line on standard error and a status of 2. Main thread.
 */
package dev.penstock.tools;
