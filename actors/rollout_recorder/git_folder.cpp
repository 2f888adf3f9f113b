#include "actors/rollout_recorder/git_folder.hpp"

#include <algorithm>

namespace troupe::rollout_recorder {

namespace {

namespace fs = std::filesystem;

constexpr int max_link_depth = 5; // of symbolic references, as in git
constexpr int max_parents = 64;   // folders looked at above the working directory
constexpr std::string_view branch_prefix = "refs/heads/";

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_object_id(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return (text.size() == 40 || text.size() == 64) && std::all_of(text.begin(), text.end(), is_hex);
}

/// A worktree has a folder of its own for HEAD and shares the rest.
struct git_folders {
  fs::path tree; ///< empty: a bare repository
  fs::path own;
  fs::path common;
};

git_folders with_common(const fs::path& tree, const fs::path& own, const text_source& read) {
  const auto common = read(own / "commondir");
  if (!common || first_line(*common).empty())
    return {tree, own, own};
  return {tree, own, own / fs::path{first_line(*common)}};
}

bool has_head(const fs::path& folder, const text_source& read) {
  const auto head = read(folder / "HEAD");
  return head && (head->starts_with("ref:") || is_object_id(first_line(*head)));
}

/// `.git` is the folder itself or, in worktrees and submodules, a file that names it.
std::optional<fs::path> git_folder_of(const fs::path& tree, const text_source& read) {
  constexpr std::string_view pointer = "gitdir: ";
  if (has_head(tree / ".git", read))
    return tree / ".git";
  const auto text = read(tree / ".git");
  if (!text || !text->starts_with(pointer))
    return std::nullopt;
  auto folder = tree / fs::path{first_line(*text).substr(pointer.size())};
  if (!has_head(folder, read))
    return std::nullopt;
  return folder;
}

bool is_bare_repository(const fs::path& folder, const text_source& read) {
  return has_head(folder, read) && read(folder / "config");
}

std::optional<git_folders> find_folders(const fs::path& cwd, const text_source& read) {
  auto folder = cwd;
  for (int i = 0; i < max_parents; ++i) {
    if (const auto own = git_folder_of(folder, read))
      return with_common(folder, *own, read);
    if (is_bare_repository(folder, read))
      return git_folders{{}, folder, folder};
    if (!folder.has_relative_path())
      return std::nullopt;
    folder = folder.parent_path();
  }
  return std::nullopt;
}

/// A name from a file must not lead out of the repository.
bool is_safe_ref(std::string_view name) {
  return name.starts_with("refs/") && name.find("..") == std::string_view::npos;
}

std::optional<std::string> commit_of(const git_folders& folders, std::string name,
                                     const text_source& read) {
  for (int depth = 0; depth < max_link_depth && is_safe_ref(name); ++depth) {
    auto text = read(folders.own / name);
    if (!text)
      text = read(folders.common / name);
    if (!text) {
      const auto packed = read(folders.common / "packed-refs");
      return packed ? find_packed_ref(*packed, name) : std::nullopt;
    }
    const auto line = first_line(*text);
    if (is_object_id(line))
      return std::string{line};
    if (!line.starts_with("ref: "))
      return std::nullopt;
    name = line.substr(5);
  }
  return std::nullopt;
}

/// Commit and branch that are checked out.
git_facts head_of(const git_folders& folders, const text_source& read) {
  git_facts facts;
  const auto head = read(folders.own / "HEAD").value_or(std::string{});
  const auto line = first_line(head);
  if (line.starts_with("ref:")) {
    const auto name = without_blanks(line.substr(4));
    facts.commit_hash = commit_of(folders, std::string{name}, read);
    // Git cannot name the branch before its first commit.
    if (facts.commit_hash && name.starts_with(branch_prefix))
      facts.branch = name.substr(branch_prefix.size());
  } else if (is_object_id(line)) {
    facts.commit_hash = line;
  }
  return facts;
}

// Git's configuration language, as far as values of one section go.

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// The name in a section header `[remote "name"]`; none for other lines.
std::optional<std::string> remote_of_header(std::string_view line) {
  constexpr std::string_view section = "[remote";
  if (!equals_ignoring_case(line.substr(0, section.size()), section))
    return std::nullopt;
  const auto rest = without_blanks(line.substr(section.size()));
  if (!rest.starts_with('"'))
    return std::nullopt;
  std::string name;
  for (std::size_t i = 1; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size())
      ++i;
    name += rest[i];
  }
  return name;
}

/// A value without its quotes, escapes and comment.
std::string plain_value(std::string_view text) {
  std::string out;
  std::size_t keep = 0; // trailing blanks count only inside quotes
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      quoted = !quoted;
      keep = out.size();
      continue;
    }
    if (!quoted && (c == '#' || c == ';'))
      break;
    if (c == '\\' && i + 1 < text.size()) {
      c = text[++i];
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    out += c;
    if (quoted || (c != ' ' && c != '\t' && c != '\r'))
      keep = out.size();
  }
  out.resize(keep);
  return out;
}

/// `https://user:token@host/x` without what stands before the `@`: a rollout holds no secrets. The
/// `git@` of scp-like and ssh addresses is an account name that the address needs.
std::string without_credentials(std::string url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos || url.starts_with("ssh://"))
    return url;
  const auto host = scheme + 3;
  const auto at = std::string_view{url}.substr(0, url.find('/', host)).rfind('@');
  if (at != std::string_view::npos && at >= host)
    url.erase(host, at + 1 - host);
  return url;
}

} // namespace

std::optional<git_facts> read_git_facts(const fs::path& cwd, const text_source& read) {
  const auto folders = find_folders(cwd, read);
  if (!folders)
    return std::nullopt;
  auto facts = head_of(*folders, read);
  if (const auto config = read(folders->common / "config"))
    if (auto url = find_origin_url(*config))
      facts.repository_url = without_credentials(*std::move(url));
  return facts;
}

std::optional<git_workspace> read_git_workspace(const fs::path& cwd, const text_source& read) {
  const auto folders = find_folders(cwd, read);
  if (!folders || folders->tree.empty())
    return std::nullopt;
  git_workspace result;
  result.root = folders->tree;
  result.commit_hash = head_of(*folders, read).commit_hash;
  if (const auto config = read(folders->common / "config"))
    for (auto& [name, url] : find_remote_urls(*config))
      result.remote_urls.emplace(name, without_credentials(std::move(url)));
  return result;
}

std::optional<std::string> find_packed_ref(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = first_line(text);
    const auto blank = line.find(' ');
    if (blank != std::string_view::npos && line.substr(blank + 1) == name &&
        is_object_id(line.substr(0, blank)))
      return std::string{line.substr(0, blank)};
    const auto end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::nullopt;
}

std::optional<std::string> find_origin_url(std::string_view text) {
  auto urls = find_remote_urls(text);
  const auto origin = urls.find("origin");
  if (origin == urls.end())
    return std::nullopt;
  return std::move(origin->second);
}

std::map<std::string, std::string> find_remote_urls(std::string_view text) {
  std::map<std::string, std::string> urls;
  std::optional<std::string> remote;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[')) {
      remote = remote_of_header(line);
      continue;
    }
    const auto equals = line.find('=');
    if (remote && equals != std::string_view::npos &&
        equals_ignoring_case(without_blanks(line.substr(0, equals)), "url"))
      urls.try_emplace(*remote, plain_value(without_blanks(line.substr(equals + 1))));
  }
  return urls;
}

} // namespace troupe::rollout_recorder
