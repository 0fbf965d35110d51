package lnr.kernels.emulated;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A class of tests that build the emulated device: on the one platform that JCuda has natives for, where there is g++.
 * Elsewhere they are left out, with the reason; continuous integration fails when they are. They run in a process of
 * their own, in which no other test has asked for CUDA before.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("emulated")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64", disabledReason = "JCuda has no natives for this platform")
@ExtendWith(Buildable.Condition.class)
@interface Buildable {
    /** Whether the programs that it takes are installed. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return Toolchain.missing()
                    .map(ConditionEvaluationResult::disabled)
                    .orElse(ConditionEvaluationResult.enabled("the emulated device can be built"));
        }
    }
}
