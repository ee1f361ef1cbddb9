/** Where bytes come from: local files and other machines' shares. Any thread. */
package dev.penstock.cache.store;
