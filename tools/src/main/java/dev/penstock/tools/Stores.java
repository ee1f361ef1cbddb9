package dev.penstock.tools;

import dev.penstock.cache.store.FileStore;
import dev.penstock.cache.store.local.LocalFileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens what --store names: a share of another machine, or a folder of this one. */
final class Stores {
    private Stores() {}

    static FileStore open(String store) throws IOException {
        Path folder = Path.of(store);
        if (!Files.isDirectory(folder)) {
            throw new UserError(store + " is no folder; a share is written smb://USER@HOST:PORT/SHARE");
        }
        return new LocalFileStore(folder);
    }
}
