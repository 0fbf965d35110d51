package lnr.lenet.cli;

import picocli.CommandLine.Option;

/** The option for results that programs read. */
final class JsonOption {
    @Option(names = "--json", description = "Print the result as one JSON object on stdout, and nothing else there.")
    boolean on;
}
