package dev.penstock.rdma;

/**
 * What to open and how.
 *
 * @param name one of {@link RdmaProvider.Availability.Available#devices}; empty for the provider's choice. Several
 *     of one kind of adapters, separated by commas, make one device where the provider can do that: memory is then for this side's use alone
 * @param checksums whether to ask for end-to-end checksums where the wire leaves that to us; a peer that asks gets them in any case
 */
public record DeviceOptions(String name, boolean checksums) {
    /** The provider's choice of device, without checksums beyond those of the link. */
    public static final DeviceOptions DEFAULT = new DeviceOptions("", false);
}
