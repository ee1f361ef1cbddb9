package dev.penstock.smb.volume;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A test of what one client of one share, set up as for the Finder, sees without a connection in between. */
abstract class ShareTest {
    @TempDir
    Path folder;

    DiskShare share;
    ShareDriver client;

    @BeforeEach
    void openShare() throws IOException {
        share = new DiskShare("store", folder);
        client = new ShareDriver(share);
    }

    @AfterEach
    void closeShare() {
        share.close();
    }
}
