package dev.penstock.smb.store;

import dev.penstock.smb.command.Share;
import dev.penstock.smb.command.User;

/** Another share with something else about what is opened of it. */
interface ShareOver extends Share {
    Share share();

    @Override
    default String name() {
        return share().name();
    }

    @Override
    default Type type() {
        return share().type();
    }

    @Override
    default int maximalAccess(User user) {
        return share().maximalAccess(user);
    }
}
