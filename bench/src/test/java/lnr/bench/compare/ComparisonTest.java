package lnr.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    @Test
    void aRecordedCommandNamesFilesNotWhereTheyLay() {
        List<String> arguments =
                List.of("--data", "/a/b/mnist/", "--json=/a/out.json", "--prototype", "c/d.py", "--tasks", "newton,path");
        assertThat(Comparison.withoutFolders(arguments))
                .isEqualTo("--data mnist --json=out.json --prototype d.py --tasks newton,path");
    }
}
