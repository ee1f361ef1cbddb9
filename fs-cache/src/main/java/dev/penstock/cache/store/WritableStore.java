package dev.penstock.cache.store;

import java.io.IOException;

/** A store that files can be put into. */
public interface WritableStore extends FileStore {
    /**
     * Begins a file. Folders on the way that are missing are made. The caller closes it.
     *
     * @param path components separated by {@code /}, from the root; what has that name is replaced when the file is {@link NewFile#commit committed}
     * @throws IOException where the store refuses, or is out of reach
     */
    NewFile create(String path) throws IOException;
}
