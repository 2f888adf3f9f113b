#define CAF_SUITE patch_grammar
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/patch_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

using positions = std::set<std::size_t>;

/// Recognises texts of a grammar in the small part of Lark that ours uses: rules and terminals in
/// lower and upper case, strings, groups, alternatives, `?` and `+`, the one regular expression
/// for a line's text, and the imported LF. Tries every way to match.
class lark_recogniser {
public:
  explicit lark_recogniser(std::string_view grammar) {
    while (!grammar.empty()) {
      const auto end = grammar.find('\n');
      const auto line = grammar.substr(0, end);
      grammar.remove_prefix(end + 1);
      if (line.empty() || line == "%import common.LF")
        continue;
      const auto colon = line.find(": ");
      must(colon != std::string_view::npos, "a line defines nothing");
      rules_[std::string{line.substr(0, colon)}] = std::string{line.substr(colon + 2)};
    }
    rules_["LF"] = "\"\n\"";
  }

  bool accepts(const std::string& text) {
    text_ = text;
    return rule("start", {0}).contains(text.size());
  }

  std::size_t rule_count() const { return rules_.size(); }

private:
  static void must(bool holds, const char* complaint) {
    if (!holds)
      CAF_FAIL("in the grammar " << complaint);
  }

  positions rule(const std::string& name, const positions& from) {
    const auto i = rules_.find(name);
    if (i == rules_.end())
      CAF_FAIL("undefined rule " << name);
    std::string_view body = i->second;
    auto result = alternatives(body, from);
    must(body.empty(), "a rule has a tail");
    return result;
  }

  positions alternatives(std::string_view& body, const positions& from) {
    auto result = sequence(body, from);
    while (body.starts_with("| ")) {
      body.remove_prefix(2);
      result.merge(sequence(body, from));
    }
    return result;
  }

  positions sequence(std::string_view& body, positions now) {
    while (!body.empty() && body[0] != ')' && body[0] != '|') {
      now = element(body, now);
      if (body.starts_with(' '))
        body.remove_prefix(1);
    }
    return now;
  }

  positions element(std::string_view& body, const positions& from) {
    const auto atom = body;
    auto once = matched_atom(body, from);
    if (body.starts_with('?')) {
      body.remove_prefix(1);
      once.insert(from.begin(), from.end());
    } else if (body.starts_with('+')) {
      body.remove_prefix(1);
      for (auto more = once; !more.empty();) {
        auto again = atom;
        auto next = matched_atom(again, more);
        more.clear();
        for (const auto x : next)
          if (once.insert(x).second)
            more.insert(x);
      }
    }
    return once;
  }

  positions matched_atom(std::string_view& body, const positions& from) {
    if (body.starts_with('(')) {
      body.remove_prefix(1);
      auto result = alternatives(body, from);
      must(body.starts_with(')'), "a group is open");
      body.remove_prefix(1);
      return result;
    }
    if (body.starts_with('"')) {
      const auto end = body.find('"', 1);
      const std::string literal{body.substr(1, end - 1)};
      body.remove_prefix(end + 1);
      return behind_literal(literal, from);
    }
    constexpr std::string_view line_text = "/[^\\n]+/";
    if (body.starts_with(line_text)) {
      body.remove_prefix(line_text.size());
      return behind_line_text(from);
    }
    const auto end =
      std::min(body.find_first_not_of("abcdefghijklmnopqrstuvwxyzLFTEX_"), body.size());
    must(end > 0, "an element is not known");
    const std::string name{body.substr(0, end)};
    body.remove_prefix(end);
    return rule(name, from);
  }

  positions behind_literal(const std::string& literal, const positions& from) const {
    positions result;
    for (const auto x : from)
      if (text_.compare(x, literal.size(), literal) == 0)
        result.insert(x + literal.size());
    return result;
  }

  positions behind_line_text(const positions& from) const {
    positions result;
    for (const auto x : from)
      for (auto end = x; end < text_.size() && text_[end] != '\n';)
        result.insert(++end);
    return result;
  }

  std::map<std::string, std::string> rules_;
  std::string text_;
};

bool grammar_accepts(const std::string& text) {
  return lark_recogniser{patch_grammar()}.accepts(text);
}

bool parser_accepts(const std::string& text) {
  return std::holds_alternative<patch>(parse_patch(text));
}

std::string framed(std::string_view hunks) {
  return fmt::format("*** Begin Patch\n{}*** End Patch\n", hunks);
}

/// Texts of patches from numbers: every production gets its turn.
class patch_writer {
public:
  explicit patch_writer(unsigned seed) : random_(seed) {}

  std::string write() {
    std::string hunks;
    for (auto n = 1 + pick(3); n > 0; --n)
      hunks += hunk();
    auto result = framed(hunks);
    if (pick(2) == 0)
      result.pop_back();
    return result;
  }

private:
  unsigned pick(unsigned count) { return random_() % count; }

  std::string text() {
    static const std::vector<std::string> texts{"",   " ", "x",       "*** End Patch",
                                                "@@", "+", "\xC3\xBC"};
    return texts[pick(static_cast<unsigned>(texts.size()))];
  }

  std::string hunk() {
    switch (pick(3)) {
    case 0: {
      std::string result = "*** Add File: a b.txt\n";
      for (auto n = 1 + pick(3); n > 0; --n)
        result += "+" + text() + "\n";
      return result;
    }
    case 1: return "*** Delete File: d/e\n";
    default: return update();
    }
  }

  std::string update() {
    std::string result = "*** Update File: f\n";
    if (pick(2) == 0)
      result += "*** Move to: g\n";
    for (auto chunks = 1 + pick(2); chunks > 0; --chunks) {
      result += pick(2) == 0 ? "@@\n" : "@@ class x\n";
      for (auto n = 1 + pick(3); n > 0; --n)
        result += std::string(1, "+- "[pick(3)]) + text() + "\n";
    }
    if (pick(3) == 0)
      result += "*** End of File\n";
    return result;
  }

  std::mt19937 random_;
};

} // namespace

SCENARIO("the grammar defines a rule for each element of a patch") {
  CHECK_EQ(lark_recogniser{patch_grammar()}.rule_count(), 15u);
  CHECK(patch_grammar().starts_with("start: "));
  CHECK(patch_grammar().ends_with("%import common.LF\n"));
}

SCENARIO("grammar and parser accept the same patches") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const auto text = patch_writer{seed}.write();
    if (!grammar_accepts(text))
      CAF_FAIL("not of the grammar: " << text);
    if (!parser_accepts(text))
      CAF_FAIL("not accepted: " << text);
  }
  CHECK(true);
}

SCENARIO("grammar and parser refuse the same texts") {
  const std::vector<std::string> table{
    "",
    "*** Begin Patch\n",
    "*** Delete File: a\n*** End Patch\n",
    framed("*** Add File: \n+x\n"),
    framed("*** Delete File: a\n+x\n"),
    framed("*** Update File: a\n@@\n-x\nrubbish\n"),
    framed("*** Update File: a\n@@x\n-x\n"),
    framed("*** Add File: a\n+x\n\n*** Delete File: b\n"),
    "please:\n" + framed("*** Delete File: a\n"),
  };
  for (const auto& text : table) {
    CHECK(!grammar_accepts(text));
    CHECK(!parser_accepts(text));
  }
}

SCENARIO("the parser accepts more than the grammar where models need it") {
  for (const auto& text : {framed("*** Add File: a\n"), framed(" *** Delete File: a\n"), framed(""),
                           "\n" + framed("*** Delete File: a\n")}) {
    CHECK(!grammar_accepts(text));
    CHECK(parser_accepts(text));
  }
}

SCENARIO("the grammar allows updates without lines, which change nothing and are refused") {
  for (const auto& text : {framed("*** Update File: a\n"), framed("*** Update File: a\n@@ x\n")}) {
    CHECK(grammar_accepts(text));
    CHECK(!parser_accepts(text));
  }
}
