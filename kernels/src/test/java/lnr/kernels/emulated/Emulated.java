package lnr.kernels.emulated;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class of tests on the emulated device, which fails when one of them asks it for anything wrong, when something is
 * left on it, and when nothing has run on it. On the one platform that JCuda has natives for.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledOnOs(value = OS.LINUX, architectures = "amd64", disabledReason = "JCuda has no natives for this platform")
@ExtendWith(Verdict.class)
public @interface Emulated {}
