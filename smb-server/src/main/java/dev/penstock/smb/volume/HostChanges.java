package dev.penstock.smb.volume;

import dev.penstock.smb.volume.fork.Sidecars;
import dev.penstock.smb.volume.host.HostEvent;
import dev.penstock.smb.volume.host.HostEvent.Happened;
import dev.penstock.smb.volume.host.HostEvent.Place;
import dev.penstock.smb.volume.host.HostEvent.Renamed;
import dev.penstock.smb.volume.posix.Errno;
import dev.penstock.smb.volume.posix.FolderReader;
import dev.penstock.smb.volume.posix.Posix;
import dev.penstock.smb.volume.posix.PosixException;
import dev.penstock.smb.wire.fscc.ChangeRecord;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened beside the server, told as if a client had done it: to those who watch the folder, to those who keep a listing of it, to
 * those who keep what is in the file. Used by the feed's thread alone.
 */
final class HostChanges {
    private static final Logger LOG = LoggerFactory.getLogger(HostChanges.class);

    private static final int DATA = ChangeRecord.SIZE | ChangeRecord.LAST_WRITE;
    private static final int METADATA = ChangeRecord.ATTRIBUTES
            | ChangeRecord.LAST_WRITE
            | ChangeRecord.LAST_ACCESS
            | ChangeRecord.EA
            | ChangeRecord.SECURITY;

    private final LocalVolume volume;
    private final HostFolders folders;
    private final HostWrites writes = new HostWrites();

    /** Names in new folders that were told when the folder was read: their events are on the way. */
    private final Set<HostWrites.Key> read = new HashSet<>();

    /** Names that came or went in the events at hand, and what was told of them last. */
    private final Map<HostWrites.Key, Told> told = new HashMap<>();

    private record Told(boolean there, boolean folder, int times) {}

    HostChanges(LocalVolume volume, HostFolders folders) {
        this.volume = volume;
        this.folders = folders;
    }

    /** Takes all that has happened. True where something was lost, and trees have to be walked again. */
    boolean take(List<HostEvent> events) {
        boolean lost = false;
        Set<HostWrites.Key> before = Set.copyOf(read);
        for (HostEvent event : events) {
            switch (event) {
                case Happened happened -> happened(happened);
                case Renamed renamed -> renamed(renamed);
                case HostEvent.Lost _ -> lost = true;
            }
        }
        settle();
        read.removeAll(before); // what was on the way then has come
        writes.due(System.nanoTime()).forEach(file -> modified(file, DATA));
        if (lost) {
            lost();
        }
        return lost;
    }

    /** When {@link #take} has something to tell even without events: milliseconds from now; negative for never. */
    int millisToTell() {
        return writes.millis(System.nanoTime());
    }

    private void happened(Happened event) {
        HostWrites.Key file = key(event.place());
        if (file == null) {
            return;
        }
        HostFolders.Watched folder = file.folder();
        if (event.own()) {
            if (event.isFolder() && event.has(HostEvent.REMOVED)) {
                folders.gone(folder.pathOf(file.name()));
            }
            if (event.isFolder() && event.has(HostEvent.CREATED)) {
                enter(file, false);
            }
            return;
        }
        boolean both = event.has(HostEvent.CREATED) && event.has(HostEvent.REMOVED);
        boolean there = both ? isThere(file) : !event.has(HostEvent.REMOVED);
        if (event.has(HostEvent.CREATED) && !(both && there)) {
            added(file, event.isFolder());
        }
        if (event.has(HostEvent.REMOVED)) {
            removed(file, event.isFolder());
        }
        if (both && there) {
            added(file, event.isFolder());
        }
        if (there) {
            changed(event, file);
        }
    }

    private void changed(Happened event, HostWrites.Key file) {
        int kind = 0;
        if (!event.isFolder() && event.has(HostEvent.WRITTEN | HostEvent.CLOSED)) {
            outdated(file, false);
            if (event.has(HostEvent.CLOSED)) {
                writes.forget(file);
                kind = DATA;
            } else if (writes.wrote(file, System.nanoTime())) {
                kind = DATA;
            }
        }
        if (event.has(HostEvent.ATTRIBUTES)) {
            outdated(file, true);
            kind |= METADATA;
        }
        if (kind != 0) {
            modified(file, kind);
        }
    }

    private void renamed(Renamed event) {
        HostWrites.Key from = key(event.from());
        HostWrites.Key to = key(event.to());
        if (event.own()) {
            // Paths were brought up to date by who renamed it.
            if (event.isFolder() && to != null) {
                enter(to, false);
            }
            return;
        }
        if (event.isFolder()) {
            moved(from, to);
        }
        if (from != null && to != null) {
            outdated(from, false);
            outdated(to, false);
            writes.forget(from);
            read.remove(from);
            volume.names().forget(from.folder().key());
            volume.names().forget(to.folder().key());
            volume.changes()
                    .renamed(where(from.folder()), from.name(), where(to.folder()), to.name(), event.isFolder(), null);
            note(from, false, event.isFolder());
            note(to, true, event.isFolder());
        } else if (from != null) {
            removed(from, event.isFolder());
        } else if (to != null) {
            outdated(to, false);
            added(to, event.isFolder(), false);
        }
        if (event.isFolder() && to != null) {
            enter(to, false);
        }
    }

    /** A folder has another path: so has what is known of it and below it. */
    private void moved(HostWrites.@Nullable Key from, HostWrites.@Nullable Key to) {
        if (from == null) {
            return;
        }
        String before = from.folder().pathOf(from.name());
        if (to == null) {
            folders.gone(before);
            return;
        }
        String now = to.folder().pathOf(to.name());
        folders.moved(before, now);
        volume.changes().watches().moved(before, now);
        Renaming.takeAlong(volume, before, now);
    }

    private void added(HostWrites.Key file, boolean folder) {
        added(file, folder, true);
    }

    /** @param fresh a folder that may have something in it by now of which no event will tell */
    private void added(HostWrites.Key file, boolean folder, boolean fresh) {
        volume.names().forget(file.folder().key());
        note(file, true, folder);
        if (!read.remove(file)) {
            volume.changes().added(where(file.folder()), file.name(), folder, null);
        }
        if (folder && fresh) {
            enter(file, true);
        }
    }

    private void removed(HostWrites.Key file, boolean folder) {
        outdated(file, false);
        writes.forget(file);
        read.remove(file);
        volume.names().forget(file.folder().key());
        note(file, false, folder);
        volume.changes().removed(where(file.folder()), file.name(), folder, null);
        if (folder) {
            folders.gone(file.folder().pathOf(file.name()));
        }
    }

    private void modified(HostWrites.Key file, int kind) {
        volume.changes().modified(where(file.folder()), file.name(), kind, null);
    }

    private void note(HostWrites.Key file, boolean there, boolean folder) {
        told.merge(file, new Told(there, folder, 1), (old, now) -> new Told(there, folder, old.times + 1));
    }

    /**
     * The kernel makes one event of all that happened to a name while nobody read, where the first of it stood: a name that came and went
     * more than once, or was renamed in between, is looked at to see how it ended.
     */
    private void settle() {
        for (Map.Entry<HostWrites.Key, Told> entry : told.entrySet()) {
            HostWrites.Key file = entry.getKey();
            Told last = entry.getValue();
            if (last.times > 1 && isThere(file) != last.there) {
                if (last.there) {
                    volume.changes().removed(where(file.folder()), file.name(), last.folder, null);
                } else {
                    volume.changes().added(where(file.folder()), file.name(), last.folder, null);
                }
            }
        }
        told.clear();
    }

    private static boolean isThere(HostWrites.Key file) {
        try {
            Posix.stat(file.folder().handle(), file.name());
            return true;
        } catch (PosixException _) {
            return false;
        }
    }

    /**
     * What is kept of a file is no longer right, or no longer the file of this name.
     *
     * @param attributes only its attributes have changed, which short streams are among
     */
    private void outdated(HostWrites.Key file, boolean attributes) {
        for (FileOpen open : folders.opens(file.folder(), file.name())) {
            if (!attributes || open.base() != null) {
                outdated(open.node());
            }
        }
    }

    private static void outdated(Node node) {
        if (node.caching.isShared()) {
            node.lock.lock();
            try {
                node.caching.outdated();
            } finally {
                node.lock.unlock();
            }
        }
    }

    /** Anything may have changed: everybody looks again. */
    void lost() {
        LOG.warn("more happened beside the server than could be told: clients list their folders again");
        read.clear();
        told.clear();
        volume.changes().watches().lost();
        volume.nodes().all().forEach(HostChanges::outdated);
    }

    /** A folder of a watched tree is there. */
    private void enter(HostWrites.Key file, boolean tell) {
        if (!folders.isOfTree(file.folder())) {
            return;
        }
        try {
            HostFolders.Watched folder = folders.enter(file.folder(), file.name());
            if (folder != null) {
                walk(folder, tell);
            } else {
                full();
            }
        } catch (PosixException e) {
            LOG.debug("a folder that came and went", e);
        }
    }

    /**
     * Watches all folders below one.
     *
     * @param tell of what is there, since it has come with the folder
     */
    void walk(HostFolders.Watched start, boolean tell) {
        var left = new ArrayDeque<HostFolders.Watched>();
        for (HostFolders.Watched folder = start; folder != null; folder = left.poll()) {
            try (var reader = new FolderReader(folder.handle())) {
                for (String name = reader.next(); name != null; name = reader.next()) {
                    if (!Sidecars.isOwn(name) && !visit(folder, name, reader.isFolder(), tell, left)) {
                        full();
                        return;
                    }
                }
            } catch (PosixException e) {
                LOG.debug("a folder that went", e);
            }
        }
    }

    private boolean visit(
            HostFolders.Watched folder,
            String name,
            boolean isFolder,
            boolean tell,
            ArrayDeque<HostFolders.Watched> left)
            throws PosixException {
        if (tell) {
            var file = new HostWrites.Key(folder, name);
            read.add(file);
            volume.changes().added(where(folder), name, isFolder, null);
        }
        if (!isFolder) {
            return true;
        }
        try {
            HostFolders.Watched below = folders.enter(folder, name);
            if (below != null) {
                left.add(below);
            }
            return below != null || !folders.isFull();
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES || e.errno() == Errno.ENOTDIR) {
                return true;
            }
            throw e;
        }
    }

    /** Whoever watches a tree of which not all can be watched is told once that there may be more. */
    private void full() {
        if (folders.isFull()) {
            folders.roots().forEach(root -> volume.changes().watches().lost(root.path()));
        }
    }

    /** Null where the place is not watched any more, or no client sees the name. */
    private HostWrites.@Nullable Key key(@Nullable Place place) {
        if (place == null || Sidecars.isOwn(place.name())) {
            return null;
        }
        HostFolders.Watched folder = folders.find(place.folder());
        return folder == null ? null : new HostWrites.Key(folder, place.name());
    }

    private static Changes.Where where(HostFolders.Watched folder) {
        return new Changes.Where(folder.key(), folder.path());
    }
}
