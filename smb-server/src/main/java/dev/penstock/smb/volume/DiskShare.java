package dev.penstock.smb.volume;

import dev.penstock.smb.apple.Aapl;
import dev.penstock.smb.command.Outcome;
import dev.penstock.smb.command.RequestContext;
import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;
import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.smb2.Create;
import dev.penstock.smb.wire.smb2.LeaseBreak;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A folder of the local file system as a share. Thread-safe; closed after the last connection. */
public final class DiskShare implements Share, AutoCloseable {
    /** As large as the disk. */
    public static final long NO_QUOTA = Long.MAX_VALUE;

    private final String name;
    private final LocalVolume volume;

    /**
     * Opens the folder, and never leaves it.
     *
     * @throws IOException where it is no folder, or may not be read
     */
    public DiskShare(String name, Path folder) throws IOException {
        this(name, folder, SharePreset.FINDER);
    }

    /** The same, for a given purpose. */
    public DiskShare(String name, Path folder, SharePreset preset) throws IOException {
        this(name, folder, preset, NO_QUOTA);
    }

    /**
     * The same, and no larger than so.
     *
     * @param quota bytes that clients are told the share has, where the disk has more; what they take of it is counted every half minute,
     *     and no write is refused for it: it is for clients that look before they write, as Time Machine does
     */
    public DiskShare(String name, Path folder, SharePreset preset, long quota) throws IOException {
        this(name, folder, preset, quota, true);
    }

    /**
     * The same.
     *
     * @param watched whether clients are told, too, what other programs on this machine do in the folder, as far as the system tells it
     */
    public DiskShare(String name, Path folder, SharePreset preset, long quota, boolean watched) throws IOException {
        this(name, folder, preset, quota, watched ? HostFeed.Setting.ON : HostFeed.Setting.OFF);
    }

    DiskShare(String name, Path folder, SharePreset preset, long quota, HostFeed.Setting watching) throws IOException {
        this.name = name;
        this.volume = new LocalVolume(folder, name, preset, quota, watching);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Type type() {
        return Type.DISK;
    }

    @Override
    public int maximalAccess(User user) {
        return user.isAnonymous() ? 0 : AccessMask.FILE_ALL;
    }

    @Override
    public Outcome create(RequestContext context, Create.Request request) {
        boolean apple = volume.preset().apple();
        // A client that asks for Apple's extensions with this very request is a Mac already.
        var manners =
                new Manners(apple, apple && (context.notes().speaksApple() || request.context(Aapl.NAME) != null));
        return Retried.run(context.io(), attempts -> {
            var asker = Asker.of(context, attempts, request);
            Outcome outcome = new CreateOperation(volume, asker, manners, request).run();
            return AppleAnswers.with(volume, context, request, outcome);
        });
    }

    @Override
    public Outcome acknowledgeLease(RequestContext context, LeaseBreak.Acknowledgment request) {
        return Keeping.acknowledge(volume, context.client().guid(), request);
    }

    /** Clients may keep what they are granted of it. */
    @Override
    public int flags() {
        return 0;
    }

    /** How many folders were read from one end to the other in search of a name, since the start. */
    public long searched() {
        return volume.names().fills();
    }

    /** Why what other programs on this machine do in the folder is not told to clients; null where it is. */
    public @Nullable String unwatched() {
        return volume.unwatched();
    }

    /** How many folders are watched for what other programs do in them. */
    public int watchedFolders() {
        HostFeed host = volume.host();
        return host == null ? 0 : host.folders().count();
    }

    @Override
    public void close() {
        volume.close();
    }
}
