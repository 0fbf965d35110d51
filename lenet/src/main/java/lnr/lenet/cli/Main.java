package lnr.lenet.cli;

import java.io.PrintWriter;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import lnr.lenet.format.Diagnostic;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code lnr}. */
@Command(
        name = "lnr",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        usageHelpAutoWidth = true,
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:a failure that is not the input's", "2:bad usage or bad input"})
public final class Main implements Runnable {
    private static final int FAILED = 1;

    /** What picocli says of an option that an exclusive group was given twice: the group's synopsis, twice. */
    private static final Pattern GROUP_TWICE =
            Pattern.compile("^Error: expected only one match but got .*=\\{(--[a-z-]+)=.*$", Pattern.DOTALL);

    private final Session session;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show failures with their stack traces.")
    private boolean debug;

    @Spec
    private CommandSpec spec;

    private Main(Session session) {
        this.session = session;
    }

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        // The launcher knows what Java 17 cannot tell: whether stderr is a terminal.
        boolean terminal = Boolean.getBoolean("lnr.terminal");
        System.exit(run(new Session(System.out, System.err, terminal, System::getenv, System::nanoTime), arguments));
    }

    /** Runs a command: 0, 1 or 2. */
    static int run(Session session, String... arguments) {
        Main main = new Main(session);
        CommandLine line = main.commandLine();
        int code;
        try {
            code = line.execute(arguments);
        } catch (Throwable e) { // picocli lets Errors pass
            code = main.failed(line, e);
        }
        if (session.out().checkError()) {
            session.notice("the output could not be written completely");
            return FAILED;
        }
        return code;
    }

    private CommandLine commandLine() {
        CommandLine line = new CommandLine(this);
        line.getCommandSpec()
                .usageMessage()
                .description(
                        "Compresses neural networks by linear activation reconstruction: neurons that a layer can do"
                                + " without are found, removed, and made up for by those that stay.")
                .footer(
                        "",
                        "Start with 'lnr compress': it finds or draws data, trains a LeNet-5, compresses it,"
                                + " and reports.",
                        "'lnr COMMAND --help' explains a command.");
        for (Object command : List.of(
                new CompressCommand(session),
                new TrainCommand(session),
                new EvalCommand(session),
                new ParetoCommand(session),
                new SolveCommand(session),
                new PathCommand(session),
                new DoctorCommand(session))) {
            line.addSubcommand(command);
        }
        line.setOut(new PrintWriter(session.out(), true));
        line.setErr(new PrintWriter(session.err(), true));
        line.setExpandAtFiles(false);
        line.registerConverter(Path.class, Main::path);
        line.registerConverter(double.class, Main::number);
        line.registerConverter(Double.class, Main::number);
        line.registerConverter(int.class, Main::integer);
        line.registerConverter(Integer.class, Main::integer);
        line.registerConverter(long.class, value -> whole(value, Long.MIN_VALUE, Long.MAX_VALUE));
        line.registerConverter(Long.class, value -> whole(value, Long.MIN_VALUE, Long.MAX_VALUE));
        line.setParameterExceptionHandler((e, arguments) -> badUsage(e));
        line.setExecutionExceptionHandler((e, failed, parsed) -> failed(failed, e));
        return line;
    }

    private static Path path(String value) {
        if (value.isBlank()) {
            throw new TypeConversionException("expected the name of a file, found nothing");
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("expected the name of a file, found " + Diagnostic.quote(value));
        }
    }

    private static Double number(String value) {
        try {
            return Double.valueOf(value);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("expected a number, found " + Diagnostic.quote(value));
        }
    }

    private static Integer integer(String value) {
        return (int) whole(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static long whole(String value, long least, long most) {
        BigInteger number;
        try {
            number = new BigInteger(value);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("expected a whole number, found " + Diagnostic.quote(value));
        }
        if (number.compareTo(BigInteger.valueOf(least)) < 0) {
            throw new TypeConversionException(
                    "expected a whole number of at least " + least + ", found " + Diagnostic.quote(value));
        }
        if (number.compareTo(BigInteger.valueOf(most)) > 0) {
            throw new TypeConversionException(
                    "expected a whole number of at most " + most + ", found " + Diagnostic.quote(value));
        }
        return number.longValue();
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected a command, one of " + String.join(", ", spec.subcommands().keySet()));
    }

    private int badUsage(ParameterException e) {
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        String fault = e instanceof MaxValuesExceededException
                ? GROUP_TWICE.matcher(e.getMessage()).replaceFirst("option '$1' should be specified only once")
                : e.getMessage();
        fault = oneLine(fault.replaceFirst("^Error: ", ""));
        StringBuilder message = new StringBuilder(name).append(": ").append(fault);
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
            message.append("; did you mean ").append(String.join(" or ", unmatched.getSuggestions())).append('?');
        }
        complain(message.append("; see '").append(name).append(" --help'").toString(), e);
        return CommandLine.ExitCode.USAGE;
    }

    private int failed(CommandLine command, Throwable e) {
        Complaint complaint = Complaint.of(e);
        complain(command.getCommandSpec().qualifiedName() + ": " + oneLine(complaint.line()), e);
        return complaint.exitCode();
    }

    private void complain(String line, Throwable e) {
        session.err().println(Diagnostic.escape(line));
        if (debug) {
            e.printStackTrace(session.err());
        }
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
