package lnr.lenet.cli;

import picocli.CommandLine.IVersionProvider;

/** The program's version, as its jar knows it. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"lnr " + number()};
    }

    static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }
}
