package dev.penstock.smb.macclient;

import dev.penstock.smb.wire.Blob;
import dev.penstock.smb.wire.WireWriter;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Guid;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.CreateContext;
import dev.penstock.smb.wire.smb2.FileId;
import dev.penstock.smb.wire.smb2.LeaseContext;
import dev.penstock.smb.wire.smb2.LeaseState;
import java.util.ArrayList;
import java.util.List;

/**
 * A CREATE in the making.
 *
 * @param path as it goes over the wire, with a stream's name where it is one
 * @param contexts in Apple's order: AAPL comes first
 */
record MacCreate(
        String path,
        int access,
        int attributes,
        int share,
        int disposition,
        int options,
        List<CreateContext> contexts) {
    static final int READS = AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.READ_EA;
    static final int WRITES =
            AccessMask.WRITE_DATA | AccessMask.APPEND_DATA | AccessMask.WRITE_ATTRIBUTES | AccessMask.WRITE_EA;
    static final int SHARE_ALL = Create.FILE_SHARE_READ | Create.FILE_SHARE_WRITE | Create.FILE_SHARE_DELETE;

    private static final int IMPERSONATION = 2;
    private static final int ATTRIBUTE_DIRECTORY = 0x10;
    private static final int ATTRIBUTE_NORMAL = 0x80;

    /** Opens what is there. */
    static MacCreate open(String path, int access) {
        return new MacCreate(path, access, ATTRIBUTE_NORMAL, SHARE_ALL, Create.FILE_OPEN, 0, List.of());
    }

    static MacCreate openFolder(String path, int access) {
        int options = Create.FILE_DIRECTORY_FILE;
        return new MacCreate(path, access, ATTRIBUTE_DIRECTORY, SHARE_ALL, Create.FILE_OPEN, options, List.of());
    }

    MacCreate disposition(int value) {
        return new MacCreate(path, access, attributes, share, value, options, contexts);
    }

    MacCreate share(int value) {
        return new MacCreate(path, access, attributes, value, disposition, options, contexts);
    }

    MacCreate options(int value) {
        return new MacCreate(path, access, attributes, share, disposition, value, contexts);
    }

    MacCreate with(String name, WireWriter data) {
        var more = new ArrayList<>(contexts);
        more.add(new CreateContext(name, data.toBlob()));
        return new MacCreate(path, access, attributes, share, disposition, options, List.copyOf(more));
    }

    /** The create context AAPL: what are you? */
    MacCreate askServer(long capabilities) {
        return with("AAPL", new WireWriter().i32(1).i32(0).i64(7).i64(capabilities));
    }

    /** The create context AAPL: where is the file with this id? */
    MacCreate resolve(long fileId) {
        return with("AAPL", new WireWriter().i32(2).i32(0).i64(fileId));
    }

    MacCreate askFileId() {
        return with("QFid", new WireWriter());
    }

    MacCreate askAccess() {
        return with("MxAc", new WireWriter());
    }

    /** A handle that waits. */
    MacCreate durable(Guid createGuid, long timeout) {
        return with("DH2Q", new WireWriter().i32((int) timeout).i32(0).i64(0).guid(createGuid));
    }

    /** A handle that waits, as on all mounts but Time Machine's: the first version, and with it the first version of leases. */
    MacCreate durableOne(Guid key, int state) {
        return with("DHnQ", new WireWriter().i64(0).i64(0))
                .with(
                        LeaseContext.NAME,
                        new WireWriter().guid(key).i32(state).i32(0).i64(0));
    }

    /** A lease of the second version; the folder's, too, so that what this Mac changes does not break it. */
    MacCreate lease(Guid key, int state, Guid parentKey) {
        return with(
                LeaseContext.NAME,
                new WireWriter()
                        .guid(key)
                        .i32(state)
                        .i32(LeaseContext.PARENT_KEY_SET)
                        .i64(0)
                        .guid(parentKey)
                        .u16(0)
                        .u16(0));
    }

    /** A folder's lease. */
    MacCreate folderLease(Guid key) {
        return with(
                LeaseContext.NAME,
                new WireWriter()
                        .guid(key)
                        .i32(LeaseState.READ | LeaseState.HANDLE)
                        .i32(0)
                        .i64(0)
                        .guid(new Guid(0, 0))
                        .u16(0)
                        .u16(0));
    }

    /** The handle that the same CREATE gave before, back. Its lease comes last, as ever. */
    MacCreate back(FileId file, Guid createGuid) {
        boolean one = !context("DHnQ").isEmpty();
        var id = new WireWriter().i64(file.persistentId()).i64(file.volatileId());
        var bare = new MacCreate(path, access, attributes, share, Create.FILE_OPEN, options, List.of());
        return bare.with(one ? "DHnC" : "DH2C", one ? id : id.guid(createGuid).i32(0))
                .with(LeaseContext.NAME, new WireWriter().blob(context(LeaseContext.NAME)));
    }

    Create.Request request() {
        boolean leases = contexts.stream().anyMatch(c -> c.name().equals(LeaseContext.NAME));
        return new Create.Request(
                leases ? Create.OPLOCK_LEASE : Create.OPLOCK_NONE,
                IMPERSONATION,
                access,
                attributes,
                share,
                disposition,
                options,
                path,
                contexts);
    }

    /** The data of a context that is asked with; nothing where it is not. */
    Blob context(String name) {
        return contexts.stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .map(CreateContext::data)
                .orElse(Blob.EMPTY);
    }
}
