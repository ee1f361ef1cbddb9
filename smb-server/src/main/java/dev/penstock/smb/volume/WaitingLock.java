package dev.penstock.smb.volume;

import dev.penstock.smb.command.Deferred;
import dev.penstock.smb.wire.smb2.Lock;

/** A lock that a client waits for. */
record WaitingLock(FileOpen open, Lock.Element element, Deferred promise) {}
