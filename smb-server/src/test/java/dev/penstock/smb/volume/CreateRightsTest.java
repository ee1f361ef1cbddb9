package dev.penstock.smb.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.smb.wire.dtyp.AccessMask;
import dev.penstock.smb.wire.smb2.Create;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CreateRightsTest {
    private static final int READ = AccessMask.READ_DATA;
    private static final int WRITE = AccessMask.WRITE_DATA;
    private static final int DELETE = AccessMask.DELETE;

    private static CreateRights asking(int access, int disposition, int options) {
        var request = new Create.Request(0, 2, access, 0, ShareDriver.SHARE_ALL, disposition, options, "f", List.of());
        return new CreateRights(request, Set.of());
    }

    private static CreateRights opening(int access) {
        return asking(access, Create.FILE_OPEN, 0);
    }

    private static void refused(CreateRights rights, int allowed) {
        assertThatThrownBy(() -> rights.granted(allowed)).isInstanceOf(Refusal.class);
    }

    @Test
    void whatIsAskedForIsGrantedWholeOrRefusedAndNoMoreIsGiven() throws Exception {
        assertThat(opening(READ).granted(READ | WRITE)).isEqualTo(READ);
        assertThat(opening(READ | WRITE).granted(READ | WRITE | DELETE)).isEqualTo(READ | WRITE);
        refused(opening(READ | WRITE), READ);
    }

    @Test
    void genericRightsStandForSpecificOnes() throws Exception {
        assertThat(opening(AccessMask.GENERIC_READ).granted(AccessMask.FILE_ALL))
                .isEqualTo(AccessMask.FILE_GENERIC_READ);
        assertThat(opening(AccessMask.GENERIC_WRITE).asksToWrite()).isTrue();
        assertThat(opening(AccessMask.GENERIC_READ).asksToWrite()).isFalse();
    }

    @Test
    void whoeverAsksForTheMostGetsWhatIsAllowedAndStillNotWhatIsNot() throws Exception {
        assertThat(opening(AccessMask.MAXIMUM_ALLOWED).granted(READ | DELETE)).isEqualTo(READ | DELETE);
        assertThat(opening(AccessMask.MAXIMUM_ALLOWED).asksToWrite()).isFalse();
        refused(opening(AccessMask.MAXIMUM_ALLOWED | WRITE), READ);
    }

    @Test
    void replacingNeedsTheRightToWriteAndGivesItToNobody() throws Exception {
        var overwrites = asking(READ, Create.FILE_OVERWRITE, 0);
        refused(overwrites, READ);
        assertThat(overwrites.granted(READ | WRITE)).isEqualTo(READ);
        assertThat(overwrites.asksToWrite()).isTrue();

        var supersedes = asking(READ, Create.FILE_SUPERSEDE, 0);
        refused(supersedes, READ | WRITE);
        assertThat(supersedes.granted(READ | WRITE | DELETE)).isEqualTo(READ);
    }

    @Test
    void deletingOnCloseNeedsTheRightToDelete() throws Exception {
        var deletes = asking(READ, Create.FILE_OPEN, Create.FILE_DELETE_ON_CLOSE);
        refused(deletes, READ);
        assertThat(deletes.granted(READ | DELETE)).isEqualTo(READ);
    }

    @Test
    void theFoldersRightsReachIntoTheFile() {
        assertThat(CreateRights.withFolder(READ, AccessMask.DELETE_CHILD)).isEqualTo(READ | DELETE);
        assertThat(CreateRights.withFolder(0, AccessMask.READ_DATA)).isEqualTo(AccessMask.READ_ATTRIBUTES);
        assertThat(CreateRights.withFolder(READ, WRITE | DELETE)).isEqualTo(READ);
    }
}
