package lnr.kernels.emulated;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class of tests on the emulated device, which fails when one of them asks it for anything wrong, when something is
 * left on it, and when nothing has run on it.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Buildable
@ExtendWith(Verdict.class)
public @interface Emulated {}
