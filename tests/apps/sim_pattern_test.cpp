#define CAF_SUITE sim_pattern
#include <caf/test/bdd_dsl.hpp>

#include "apps/sim/pattern.hpp"

#include <string>
#include <vector>

using namespace troupe::sim;
using namespace std::string_literals;

namespace {

using groups = std::vector<std::string>;

// The groups of the first match; one element "(none)" without a match, the message of an error.
groups found(std::string_view text, std::string_view subject) {
  const auto compiled = pattern::compile(text);
  if (const auto* error = std::get_if<pattern_error>(&compiled))
    return {"error: " + error->message};
  const auto match = std::get<pattern>(compiled).search(subject);
  if (!match)
    return {"(none)"};
  return {match->begin(), match->end()};
}

std::string error_of(std::string_view text) {
  const auto compiled = pattern::compile(text);
  const auto* error = std::get_if<pattern_error>(&compiled);
  return error == nullptr ? "" : error->message;
}

struct match_case {
  std::string_view pattern;
  std::string_view subject;
  groups expected;
};

} // namespace

SCENARIO("a pattern finds the leftmost match and its groups") {
  const std::vector<match_case> cases = {
    {"abc", "xxabcxx", {"abc"}},
    {"abc", "xxab", {"(none)"}},
    {"", "abc", {""}},
    {"a.c", "a\nc abc", {"abc"}},
    {"(?s)a.c", "a\nc abc", {"a\nc"}},
    {"a|bc|d", "xbcd", {"bc"}},
    {"(a|ab)(c|bcd)", "abcd", {"abcd", "a", "bcd"}},
    {"(a+)(b*)", "caab", {"aab", "aa", "b"}},
    {"(?:ab)+", "xababx", {"abab"}},
    {"a*?b", "aab", {"aab"}},
    {"<(.+?)>", "<a><b>", {"<a>", "a"}},
    {"<(.+)>", "<a><b>", {"<a><b>", "a><b"}},
    {"a{2}", "aaa", {"aa"}},
    {"a{2,}", "aaaa", {"aaaa"}},
    {"a{1,2}?", "aaa", {"a"}},
    {"a{0,1}b", "ab", {"ab"}},
    {"(x)?y", "y", {"y", ""}},
    {"(a*)*b", "aab", {"aab", "aa"}},
    {"[a-c]+", "xxabcd", {"abc"}},
    {"[^a-c]+", "abxyc", {"xy"}},
    {"[]x]+", "a]x", {"]x"}},
    {"[a-]+", "b-a", {"-a"}},
    {R"([\d.]+)", "v1.25x", {"1.25"}},
    {R"([^\s]+)", " ab c", {"ab"}},
    {R"([\D]+)", "12ab3", {"ab"}},
    {R"(\w+\W\w+)", "-ab cd-", {"ab cd"}},
    {R"(\S+)", "  xy ", {"xy"}},
    {R"(\bcat\b)", "concat cat", {"cat"}},
    {R"(\Bcat)", "cat concat", {"cat"}},
    {R"(a\.b)", "axb a.b", {"a.b"}},
    {R"(\x41\t)", "A\t", {"A\t"}},
    {R"(\{\}\[\]\(\)\|\\)", R"({}[]()|\)", {R"({}[]()|\)"}},
  };
  for (const auto& x : cases)
    CHECK_EQ(found(x.pattern, x.subject), x.expected);
}

SCENARIO("anchors hold at the ends of the text, with a flag at the ends of lines") {
  CHECK_EQ(found("^b", "ab"), groups{"(none)"});
  CHECK_EQ(found("^a", "ab"), groups{"a"});
  CHECK_EQ(found("a$", "ab\na"), groups{"a"});
  CHECK_EQ(found("a$", "a\nb"), groups{"(none)"});
  CHECK_EQ(found("(?m)^(.+)$", "one\ntwo"), (groups{"one", "one"}));
  CHECK_EQ(found("(?m)^b$", "a\nb\nc"), groups{"b"});
  CHECK_EQ(found("^$", ""), groups{""});
  CHECK_EQ(found("^a|b", "cb"), groups{"b"});
}

SCENARIO("case is ignored on request, for ASCII letters only") {
  CHECK_EQ(found("(?i)HeLLo", "say hello"), groups{"hello"});
  CHECK_EQ(found("(?i)[a-z]+", "ABC"), groups{"ABC"});
  CHECK_EQ(found("(?i)[^a]", "Ab"), groups{"b"});
  CHECK_EQ(found("(?is)a.B", "A\nb"), groups{"A\nb"});
  CHECK_EQ(found("(?i)Ä", "ä"), groups{"(none)"});
}

SCENARIO("a code point counts as one, and broken bytes match the dot alone") {
  CHECK_EQ(found("^.$", "é"), groups{"é"});
  CHECK_EQ(found("a(.)b", "aéb"), (groups{"aéb", "é"}));
  CHECK_EQ(found("[à-é]+", "xáèy"), groups{"áè"});
  CHECK_EQ(found("^..$", "\xff\xfe"), groups{"\xff\xfe"});
  CHECK_EQ(found("\\w", "\xff"), groups{"(none)"});
  CHECK_EQ(found("€+", "5€€"), groups{"€€"});
}

SCENARIO("a pattern that is none is refused with the reason") {
  CHECK_EQ(error_of("(a"), "missing )");
  CHECK_EQ(error_of("a)"), "unmatched )");
  CHECK_EQ(error_of("[a"), "missing ]");
  CHECK_EQ(error_of("[a-"), "missing ]");
  CHECK_EQ(error_of("[z-a]"), "a range that ends before it begins");
  CHECK_EQ(error_of("*a"), "nothing to repeat");
  CHECK_EQ(error_of("a**"), "a repetition of a repetition; use a group");
  CHECK_EQ(error_of("a{x}"), "a repetition is {n}, {n,} or {n,m}");
  CHECK_EQ(error_of("a{2,1}"), "a repetition whose maximum is below its minimum");
  CHECK_EQ(error_of("a{1001}"), "too many repetitions; at most 1000");
  CHECK_EQ(error_of("a\\"), "a backslash at the end");
  CHECK_EQ(error_of("\\q"), "unknown escape");
  CHECK_EQ(error_of("\\1"), "unknown escape");
  CHECK_EQ(error_of("\\x4"), "\\x needs two hexadecimal digits");
  CHECK_EQ(error_of("(?=a)"),
           "unknown flag; known are i, s and m, and look-around is not supported");
  CHECK_EQ(error_of("a(?i)"),
           "only (?: is supported here; flags stand at the front of the pattern");
  std::string nested = std::string(40, ')');
  for (int i = 0; i < 40; ++i)
    nested.insert(0, "(?:");
  CHECK_EQ(error_of(nested), "nested too deep");
  CHECK_EQ(error_of("((((a{100}){100}){100}){100})"),
           "too large once its repetitions are written out");
  CHECK_EQ(error_of("((?:(?:){1000}){1000}){1000}"),
           "too large once its repetitions are written out");
  CHECK_EQ(error_of(std::string(2001, 'a')), "longer than 2000 bytes");
  std::string groups_text;
  for (int i = 0; i < 21; ++i)
    groups_text += "()";
  CHECK_EQ(error_of(groups_text), "too many groups");
}

SCENARIO("patterns that explode elsewhere take linear time and no stack") {
  const std::string many(60'000, 'a');
  CHECK_EQ(found("(a+)+b", many), groups{"(none)"});
  CHECK_EQ(found("(a|a)*b", many), groups{"(none)"});
  CHECK_EQ(found("^(a*)*$", many).front().size(), many.size());
  CHECK_EQ(found("(?:a?){50}a{50}", std::string(50, 'a')), groups{std::string(50, 'a')});
}
