package dev.penstock.cache.store.smb;

import com.hierynomus.mssmb2.SMB2Dialect;
import com.hierynomus.mssmb2.SMB2FileId;

/** An open file as requests name it: over which session and tree, and in which dialect they are made. */
record RemoteFile(SMB2Dialect dialect, long sessionId, long treeId, SMB2FileId id) {}
