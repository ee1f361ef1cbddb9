package dev.penstock.smbdirect;

/**
 * What the two ends of a connection negotiate. No message is longer than what its receiver has room for, whatever either of them would like.
 *
 * @param creditsWanted how many receives the peer would like to find posted
 * @param creditsGranted messages that we may send at once
 */
record Agreement(SmbDirectParameters parameters, int creditsWanted, int creditsGranted) {
    /**
     * The server's part: [MS-SMBD] 3.1.5.2. The credits to send come with the client's first message.
     *
     * @param fragmentedSize of one whole message that we take
     */
    static Agreement answering(NegotiateRequest request, SmbDirectConfig config, int fragmentedSize)
            throws MalformedPduException {
        if (!request.acceptable()) {
            throw new MalformedPduException("negotiation of " + request);
        }
        int receive = (int)
                Math.max(Math.min(config.messageSize(), request.preferredSendSize()), SmbDirectConfig.MIN_MESSAGE_SIZE);
        int send = (int) Math.min(config.messageSize(), request.maxReceiveSize());
        var parameters = new SmbDirectParameters(
                send, receive, atMostInt(request.maxFragmentedSize()), fragmentedSize, config.maxReadWrite());
        return new Agreement(parameters, request.creditsRequested(), 0);
    }

    /**
     * The client's part: [MS-SMBD] 3.1.5.3.
     *
     * @param fragmentedSize of one whole message that we take
     */
    static Agreement accepting(NegotiateResponse response, SmbDirectConfig config, int fragmentedSize)
            throws MalformedPduException {
        if (response.status() != 0) {
            throw new MalformedPduException("refused with status 0x" + Long.toHexString(response.status()));
        }
        if (!response.acceptable(config.messageSize())) {
            throw new MalformedPduException("negotiation of " + response);
        }
        int receive = (int) Math.max(response.preferredSendSize(), SmbDirectConfig.MIN_MESSAGE_SIZE);
        int send = (int) Math.min(config.messageSize(), response.maxReceiveSize());
        int readWrite = (int) Math.min(config.maxReadWrite(), response.maxReadWriteSize());
        var parameters = new SmbDirectParameters(
                send, receive, atMostInt(response.maxFragmentedSize()), fragmentedSize, readWrite);
        return new Agreement(parameters, response.creditsRequested(), response.creditsGranted());
    }

    private static int atMostInt(long bytes) {
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }
}
