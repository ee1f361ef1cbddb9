/** This machine's part of the cache: Caffeine decides what stays, loads are single-flight. Any thread. */
package dev.penstock.cache.local;
