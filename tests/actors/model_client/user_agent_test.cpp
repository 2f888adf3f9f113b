#define CAF_SUITE user_agent
#include <caf/test/bdd_dsl.hpp>

#include "actors/model_client/user_agent.hpp"
#include "net/wire/headers.hpp"

#include <initializer_list>
#include <map>
#include <string>

using namespace troupe;
using namespace troupe::model_client;

namespace {

using variables = std::map<std::string, std::string, std::less<>>;

config::environment environment(variables values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional{found->second};
  };
}

std::string terminal(variables values) {
  return terminal_text(environment(std::move(values)));
}

user_agent_parts parts() {
  return {.originator = "codex_exec",
          .version = "0.1.0",
          .os = {.type = "Debian", .version = "12", .architecture = "x86_64"},
          .terminal = "xterm",
          .suffix = ""};
}

} // namespace

SCENARIO("the user agent names program, system and terminal") {
  CHECK_EQ(user_agent_text(parts()), "codex_exec/0.1.0 (Debian 12; x86_64) xterm");
  auto x = parts();
  x.suffix = "my client; 2.0";
  CHECK_EQ(user_agent_text(x), "codex_exec/0.1.0 (Debian 12; x86_64) xterm (my client; 2.0)");
  x.suffix = " \t";
  x.os.architecture = "";
  CHECK_EQ(user_agent_text(x), "codex_exec/0.1.0 (Debian 12; unknown) xterm");
}

SCENARIO("control characters in a user agent become underscores") {
  auto x = parts();
  x.suffix = "a\nb\u00e9";
  CHECK_EQ(user_agent_text(x), "codex_exec/0.1.0 (Debian 12; x86_64) xterm (a_b__)");
  x.suffix = "b\u00e9"; // legal without control characters
  CHECK_EQ(user_agent_text(x), "codex_exec/0.1.0 (Debian 12; x86_64) xterm (b\u00e9)");
}

SCENARIO("the originator can be forced, and must be legal") {
  CHECK_EQ(originator_text(environment({}), "codex_exec"), "codex_exec");
  CHECK_EQ(
    originator_text(environment({{"CODEX_INTERNAL_ORIGINATOR_OVERRIDE", "sdk"}}), "codex_exec"),
    "sdk");
  CHECK_EQ(originator_text(environment({}), "a\nb"), "codex_cli_rs");
  CHECK_EQ(originator_text(environment({{"CODEX_INTERNAL_ORIGINATOR_OVERRIDE", "\x7f"}}), "x"),
           "codex_cli_rs");
}

SCENARIO("terminals are recognised in order") {
  struct row {
    variables values;
    std::string_view expected;
  };
  for (const auto& [values, expected] : std::initializer_list<row>{
         {{{"TERM_PROGRAM", "vscode"}, {"TERM_PROGRAM_VERSION", "1.2"}, {"WEZTERM_VERSION", "9"}},
          "vscode/1.2"},
         {{{"TERM_PROGRAM", "vscode"}, {"TERM_PROGRAM_VERSION", " "}}, "vscode"},
         {{{"TERM_PROGRAM", "tmux"}, {"TERM_PROGRAM_VERSION", "3.3a"}}, "tmux/3.3a"},
         {{{"TERM_PROGRAM", "  "}, {"WEZTERM_VERSION", "2024"}}, "WezTerm/2024"},
         {{{"WEZTERM_VERSION", ""}}, "WezTerm"},
         {{{"ITERM_SESSION_ID", ""}, {"TERM_SESSION_ID", "x"}}, "iTerm.app"},
         {{{"ITERM_PROFILE", "p"}}, "iTerm.app"},
         {{{"ITERM_PROFILE_NAME", "p"}}, "iTerm.app"},
         {{{"TERM_SESSION_ID", "x"}, {"KITTY_WINDOW_ID", "1"}}, "Apple_Terminal"},
         {{{"KITTY_WINDOW_ID", "1"}, {"TERM", "alacritty"}}, "kitty"},
         {{{"TERM", "xterm-kitty"}}, "kitty"},
         {{{"TERM", "alacritty"}}, "Alacritty"},
         {{{"ALACRITTY_SOCKET", "s"}, {"KONSOLE_VERSION", "1"}}, "Alacritty"},
         {{{"KONSOLE_VERSION", "210"}}, "Konsole/210"},
         {{{"GNOME_TERMINAL_SCREEN", "s"}, {"VTE_VERSION", "6000"}}, "gnome-terminal"},
         {{{"VTE_VERSION", "6000"}, {"WT_SESSION", "x"}}, "VTE/6000"},
         {{{"WT_SESSION", "x"}, {"TERM", "xterm"}}, "WindowsTerminal"},
         {{{"TERM", "xterm-256color"}}, "xterm-256color"},
         {{{"TERM", "a b(c)\u00e9"}}, "a_b_c___"},
         {{{"TERM", " "}}, "unknown"},
         {{}, "unknown"},
       }) {
    CHECK_EQ(terminal(values), expected);
  }
}

SCENARIO("the platform is read from os-release") {
  const auto debian = parse_platform("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
                                     "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n",
                                     "x86_64");
  CHECK_EQ(debian.type, "Debian");
  CHECK_EQ(debian.version, "12");
  CHECK_EQ(debian.architecture, "x86_64");
  const auto arch = parse_platform("NAME='Arch Linux'\nID=arch", "aarch64");
  CHECK_EQ(arch.type, "Arch");
  CHECK_EQ(arch.version, "");
  const auto none = parse_platform("", "");
  CHECK_EQ(none.type, "Linux");
}

SCENARIO("this computer has a legal user agent") {
  auto x = parts();
  x.os = this_platform();
  CHECK(!x.os.architecture.empty());
  CHECK(net::is_legal_header_value(user_agent_text(x)));
}
