package dev.penstock.smb.volume.caching;

import dev.penstock.smb.wire.dtyp.Guid;

/** A lease of a client, in whichever of its sessions. [MS-SMB2] 3.3.1.11. */
public record LeaseId(Guid client, Guid key) {}
