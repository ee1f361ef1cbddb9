package dev.penstock.smb.volume;

import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.dtyp.Ace;
import dev.penstock.smb.wire.dtyp.SecurityDescriptor;
import dev.penstock.smb.wire.dtyp.Sid;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a security descriptor grants, and what a new file inherits. [MS-DTYP] 2.5.3. */
final class AccessCheck {
    private AccessCheck() {}

    /** All rights that a descriptor grants to a caller with these SIDs. */
    static int granted(SecurityDescriptor descriptor, Set<Sid> caller) {
        List<Ace> dacl = descriptor.dacl();
        boolean owner = descriptor.owner() != null && caller.contains(descriptor.owner());
        int granted = 0;
        if (dacl == null) {
            granted = AccessMask.FILE_ALL;
        } else {
            // The owner may always read and mend the list, unless the list itself says what owners may.
            boolean ownerRights =
                    dacl.stream().anyMatch(ace -> holds(ace) && ace.sid().equals(Sid.OWNER_RIGHTS));
            if (owner && !ownerRights) {
                granted = AccessMask.READ_CONTROL | AccessMask.WRITE_DAC;
            }
            int denied = 0;
            for (Ace ace : dacl) {
                boolean applies =
                        caller.contains(ace.sid()) || (owner && ace.sid().equals(Sid.OWNER_RIGHTS));
                if (holds(ace) && applies) {
                    int mask = AccessMask.expand(ace.mask());
                    if (ace.allow()) {
                        granted |= mask & ~denied;
                    } else {
                        denied |= mask & ~granted;
                    }
                }
            }
        }
        return granted & AccessMask.FILE_ALL;
    }

    /** The same with generic rights written out in entries that hold for the object itself. [MS-DTYP] 2.5.3.4.2. */
    static SecurityDescriptor specific(SecurityDescriptor descriptor) {
        List<Ace> dacl = descriptor.dacl();
        if (dacl == null) {
            return descriptor;
        }
        return new SecurityDescriptor(
                descriptor.control(),
                descriptor.owner(),
                descriptor.group(),
                dacl.stream()
                        .map(ace -> holds(ace)
                                ? new Ace(ace.allow(), ace.flags(), AccessMask.expand(ace.mask()), ace.sid())
                                : ace)
                        .toList());
    }

    private static boolean holds(Ace ace) {
        return (ace.flags() & Ace.INHERIT_ONLY) == 0;
    }

    /** What a new object below one with {@code parent} starts with, or null where it inherits nothing. [MS-DTYP] 2.5.3.4. */
    static @Nullable SecurityDescriptor inherited(SecurityDescriptor parent, boolean folder, Sid owner, Sid group) {
        var heirs = new ArrayList<Ace>();
        List<Ace> dacl = parent.dacl() == null ? List.of() : parent.dacl();
        // Entries are marked as inherited only where the list above takes part in that itself.
        int mark = (parent.control() & SecurityDescriptor.DACL_AUTO_INHERITED) != 0 ? Ace.INHERITED : 0;
        for (Ace ace : dacl) {
            inherit(ace, folder, mark, owner, group, heirs);
        }
        if (heirs.isEmpty()) {
            return null;
        }
        int control = SecurityDescriptor.DACL_PRESENT | (parent.control() & SecurityDescriptor.DACL_AUTO_INHERITED);
        return new SecurityDescriptor(control, owner, group, heirs);
    }

    private static void inherit(Ace ace, boolean folder, int mark, Sid owner, Sid group, List<Ace> heirs) {
        boolean toFiles = (ace.flags() & Ace.OBJECT_INHERIT) != 0;
        boolean toFolders = (ace.flags() & Ace.CONTAINER_INHERIT) != 0;
        boolean passesOn = folder && (ace.flags() & Ace.NO_PROPAGATE) == 0;
        boolean effective = folder ? toFolders : toFiles;
        if (!effective && !(passesOn && toFiles)) {
            return;
        }
        int flags = mark | (passesOn ? ace.flags() & (Ace.OBJECT_INHERIT | Ace.CONTAINER_INHERIT) : 0);
        if (!effective) {
            heirs.add(new Ace(ace.allow(), flags | Ace.INHERIT_ONLY, ace.mask(), ace.sid()));
            return;
        }
        boolean creator = ace.sid().equals(Sid.CREATOR_OWNER) || ace.sid().equals(Sid.CREATOR_GROUP);
        int mask = AccessMask.expand(ace.mask());
        if (!creator) {
            heirs.add(new Ace(ace.allow(), flags, mask, ace.sid()));
            return;
        }
        // One for this object with the creator's own SID, and the original for those below it.
        heirs.add(new Ace(ace.allow(), mark, mask, ace.sid().equals(Sid.CREATOR_OWNER) ? owner : group));
        if (passesOn) {
            heirs.add(new Ace(ace.allow(), flags | Ace.INHERIT_ONLY, ace.mask(), ace.sid()));
        }
    }
}
