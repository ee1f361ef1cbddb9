package dev.penstock.cache;

/**
 * Names a block.
 *
 * @param file identifies the file, and the version of its contents, among all that the cache serves
 * @param index position of the block in the file, in blocks
 */
public record BlockKey(long file, long index) {}
