package dev.penstock.smb.volume.posix;

/** Error numbers, which differ between Linux and macOS from 35 on. */
public final class Errno {
    private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");

    /** Operation not permitted. */
    public static final int EPERM = 1;
    /** No such file or directory. */
    public static final int ENOENT = 2;
    /** Interrupted. */
    public static final int EINTR = 4;
    /** Input or output error. */
    public static final int EIO = 5;
    /** No such device or address; what looking for data past the last byte of it answers. */
    public static final int ENXIO = 6;
    /** Argument list too long; what an attribute larger than the file system takes answers on Linux. */
    public static final int E2BIG = 7;
    /** Bad file descriptor. */
    public static final int EBADF = 9;
    /** Nothing there yet, and not to be waited for. */
    public static final int EAGAIN = MAC ? 35 : 11;
    /** Permission denied. */
    public static final int EACCES = 13;
    /** File exists. */
    public static final int EEXIST = 17;
    /** Cross-device link. */
    public static final int EXDEV = 18;
    /** No such device; what a file system that has no number of its own answers to watchers. */
    public static final int ENODEV = 19;
    /** Not a directory. */
    public static final int ENOTDIR = 20;
    /** Is a directory. */
    public static final int EISDIR = 21;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** Too many open files in the system. */
    public static final int ENFILE = 23;
    /** Too many open files in the process. */
    public static final int EMFILE = 24;
    /** Not a terminal; what a control code that a file system does not know answers. */
    public static final int ENOTTY = 25;
    /** File too large. */
    public static final int EFBIG = 27;
    /** No space left on the device. */
    public static final int ENOSPC = 28;
    /** Read-only file system. */
    public static final int EROFS = 30;
    /** Result too large; what an attribute that does not fit into the buffer answers. */
    public static final int ERANGE = 34;
    /** File name too long. */
    public static final int ENAMETOOLONG = MAC ? 63 : 36;
    /** Function not implemented. */
    public static final int ENOSYS = MAC ? 78 : 38;
    /** Directory not empty. */
    public static final int ENOTEMPTY = MAC ? 66 : 39;
    /** Too many levels of symbolic links; also what a link at the end of the path answers. */
    public static final int ELOOP = MAC ? 62 : 40;
    /** No such attribute. */
    public static final int ENODATA = MAC ? 93 : 61;
    /** Operation not supported. */
    public static final int EOPNOTSUPP = MAC ? 102 : 95;
    /** Not supported, of files; macOS has two numbers for it. */
    public static final int ENOTSUP = MAC ? 45 : 95;
    /** Disk quota exceeded. */
    public static final int EDQUOT = MAC ? 69 : 122;

    private Errno() {}
}
