package dev.penstock.smb.wire.fscc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamePatternTest {
    @ParameterizedTest(name = "{0} against {1}: {2}")
    @CsvSource(
            quoteCharacter = '\'',
            value = {
                "*,anything,true", "*.txt,a.txt,true", "*.txt,a.TXT,true", "*.txt,a.doc,false", "a?c,abc,true",
                "a?c,ac,false", "a*b*c,axxbyyc,true", "a*b*c,axxbyy,false", "abc,ABC,true", "<.txt,a.b.txt,true",
                "<.txt,a.b.doc,false", "<,abc,true", "a>>,ab,true", "a>>,abcd,false", "a>>.b,a.b,true",
                "abc\",abc,true", "abc\"d,abc.d,true", "abc\"d,abcxd,false", "?,ab,false", "**,x,true"
            })
    void matchesAsTheFileSystemDoes(String pattern, String name, boolean expected) {
        assertThat(new NamePattern(pattern).matches(name)).isEqualTo(expected);
    }

    @Test
    void aHostilePatternCostsNoMoreThanItsLengthTimesTheNames() {
        String pattern = "*a".repeat(120) + "b";
        assertThat(new NamePattern(pattern).matches("a".repeat(250))).isFalse();
    }
}
