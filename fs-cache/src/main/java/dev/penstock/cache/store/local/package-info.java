/**
 * A folder of this machine as a store. Reads are positional and run on a small pool of platform threads that the store owns, since file
 * reads hold their thread; all other calls run on the caller's.
 */
package dev.penstock.cache.store.local;
