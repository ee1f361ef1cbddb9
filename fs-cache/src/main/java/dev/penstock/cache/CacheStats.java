package dev.penstock.cache;

/**
 * Counts since the cache was made.
 *
 * @param hits blocks that were there, or already on their way
 * @param loads blocks that were loaded
 * @param failures loads that failed
 * @param evictions blocks given up for others
 * @param bytes held now
 */
public record CacheStats(long hits, long loads, long failures, long evictions, long bytes) {}
