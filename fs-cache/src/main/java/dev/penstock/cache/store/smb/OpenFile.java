package dev.penstock.cache.store.smb;

import com.hierynomus.smbj.share.File;
import java.io.IOException;

/** A file of a share that requests are about. */
interface OpenFile {
    /** Its path, as people are told it. */
    String path();

    /** The handle of a connection. */
    File handle(ShareConnection by) throws IOException;
}
