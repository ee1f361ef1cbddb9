package dev.penstock.smb.volume;

import org.jspecify.annotations.Nullable;

/** What one open has to do with changes from beside the server: the folder that is watched for it. Guarded by the node's lock. */
final class HostInterest {
    private final FileOpen open;
    private HostFolders.@Nullable Watched folder;
    private boolean tree;
    private HostFolders.@Nullable Watched parent;
    private String name = "";

    HostInterest(FileOpen open) {
        this.open = open;
    }

    /** The client keeps a listing, or what is in the file. */
    void kept() {
        HostFeed feed = open.volume().host();
        if (feed == null || open.caching().grant() == null) {
            return;
        }
        if (open.isFolder()) {
            hold(feed);
        } else {
            holdParent(feed);
        }
    }

    /** The client waits for changes in the folder. */
    void watch(boolean wholeTree) {
        HostFeed feed = open.volume().host();
        if (feed == null) {
            return;
        }
        hold(feed);
        if (wholeTree && folder != null && !tree) {
            tree = true;
            feed.watchTree(folder);
        }
    }

    private void hold(HostFeed feed) {
        if (folder == null) {
            folder = feed.folders()
                    .hold(open.node().key, open.handle(), open.location().path());
        }
    }

    private void holdParent(HostFeed feed) {
        Folder above = open.location().parent();
        if (parent == null && above != null) {
            name = open.location().name();
            parent = feed.folders().holdFile(above, name, open);
        }
    }

    /** The file has another name, perhaps in another folder. */
    void moved() {
        HostFeed feed = open.volume().host();
        if (feed != null && parent != null) {
            HostFolders.Watched before = parent;
            String oldName = name;
            parent = null;
            holdParent(feed);
            feed.folders().releaseFile(before, oldName, open);
        }
    }

    /** The handle closes. */
    void end() {
        HostFeed feed = open.volume().host();
        if (feed == null) {
            return;
        }
        if (folder != null) {
            if (tree) {
                feed.folders().removeTree(folder);
            }
            feed.folders().release(folder);
            folder = null;
        }
        if (parent != null) {
            feed.folders().releaseFile(parent, name, open);
            parent = null;
        }
    }
}
