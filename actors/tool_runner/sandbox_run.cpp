#include "actors/tool_runner/sandbox_run.hpp"

#include "actors/tool_runner/bubblewrap_place.hpp"
#include "actors/tool_runner/descriptor_room.hpp"
#include "actors/tool_runner/path_text.hpp"
#include "actors/tool_runner/private_mount_points.hpp"
#include "actors/tool_runner/root_identities.hpp"
#include "actors/tool_runner/run_context.hpp"
#include "actors/tool_runner/sandbox_fixed.hpp"
#include "actors/tool_runner/sandbox_remedy.hpp"
#include "actors/tool_runner/start_refusal.hpp"
#include "actors/tool_runner/tool_environment.hpp"
#include "config/log_notices.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

namespace troupe::tool_runner {

namespace {

/// Warnings that are remembered as said.
constexpr std::size_t max_warnings = 256;

/// What the dynamic loader obeys: bubblewrap itself runs outside of the sandbox, and must not load
/// what lies in a folder of the agent's.
bool steers_loader(std::string_view entry) {
  return entry.starts_with("LD_") || entry.starts_with("GLIBC_TUNABLES=");
}

std::uint32_t group_of(std::uint32_t uid) {
  const auto* account = ::getpwuid(uid); // at the start, before other threads ask
  return account != nullptr ? account->pw_gid : uid;
}

/// Of the machine's own: a private /tmp is nobody else's.
std::vector<std::string> written_folders(const sandbox_plan& plan) {
  std::vector<std::string> result;
  for (const auto& mount : plan.mounts)
    if (mount.kind == mount_kind::writable && mount.source.empty())
      result.push_back(mount.path);
  return result;
}

} // namespace

/// What was found out about an order where it may block.
struct sandbox_launcher::blueprint {
  survey seen;
  std::string program;
  std::shared_ptr<held_placeholders> placeholders;
  bool is_short_of_descriptors = false; ///< nothing was looked at

  const sandbox_plan* plan() const { return std::get_if<sandbox_plan>(&seen.plan); }

  void fail(std::string why) {
    seen.plan = sandbox_problem{std::move(why), sandbox_problem::cause::folder};
  }

  void choose_program(const sandbox_setup& setup, const survey_order& order) {
    if (plan() == nullptr)
      return;
    auto folders = folders_of_agents(setup, order.policy, order.cwd);
    add_roots(folders, *plan());
    auto found = find_bubblewrap(setup.bubblewrap, folders);
    if (auto* problem = std::get_if<sandbox_problem>(&found))
      seen.plan = std::move(*problem);
    else
      program = std::get<std::string>(std::move(found));
  }

  void make_mount_points(const std::string& own_tmp) {
    if (plan() == nullptr)
      return;
    if (auto why = tool_runner::make_mount_points(*plan(), own_tmp))
      fail(*std::move(why));
  }

  void hold_missing() {
    if (plan() == nullptr)
      return;
    auto plan = *this->plan();
    for (auto& mount : plan.mounts) {
      if (mount.kind != mount_kind::missing)
        continue;
      const auto held = placeholders->hold(seen.folder_of(mount.path), mount.path);
      if (const auto* why = std::get_if<std::string>(&held))
        return fail(*why);
      if (std::get<held_placeholders::outcome>(held) == held_placeholders::outcome::impossible)
        mount.path.clear();
    }
    std::erase_if(plan.mounts, [](const auto& mount) { return mount.path.empty(); });
    std::erase_if(seen.expected, [&](const auto& x) {
      return std::ranges::find(plan.mounts, x.path, &sandbox_mount::path) == plan.mounts.end();
    });
    seen.plan = std::move(plan);
  }
};

sandbox_launcher::sandbox_launcher(net::io_pool& io, poster post, sandbox_setup setup)
  : io_(io), post_(std::move(post)) {
  auto x = std::make_shared<fixed>();
  x->setup = std::move(setup);
  if (x->setup.uid)
    x->gid = group_of(*x->setup.uid);
  if (x->setup.tmp == config::tmp_folder::own && !x->setup.home.empty()) {
    auto made = thread_folders::make(x->setup.home);
    if (auto* problem = std::get_if<std::string>(&made))
      x->problem = std::move(*problem);
    else
      x->folders = std::get<std::shared_ptr<const thread_folders>>(std::move(made));
  }
  note_covers(x->setup);
  fixed_ = std::move(x);
}

survey_order
sandbox_launcher::order_for(const thread_id& thread, const sandbox_policy& policy,
                            const std::string& policy_cwd,
                            const shared_value<std::vector<root_identity>>& roots) const {
  const auto memory = memories_.find(thread);
  return {.policy = policy,
          .cwd = policy_cwd,
          .known = roots,
          .memory = memory == memories_.end() ? nullptr : memory->second,
          .recent = recent_,
          .own_tmp = {},
          .appeared = appeared_};
}

void sandbox_launcher::prepare(sandbox_order order, answer_handler then) {
  prepare_until(clock::now() + descriptor_limit, std::move(order), std::move(then));
}

void sandbox_launcher::prepare_until(clock::time_point end, sandbox_order order,
                                     answer_handler then) {
  if (!fixed_->problem.empty())
    return then(sandbox_problem{fixed_->problem, sandbox_problem::cause::machine});
  auto placeholders = std::make_shared<held_placeholders>();
  running_.push_back({order.thread, placeholders, named_folders(order)});
  forgotten_.erase(order.thread);
  auto draw = [fixed = fixed_, thread = order.thread, placeholders = std::move(placeholders),
               wanted = order_for(order.thread, order.policy, order.policy_cwd, order.roots)] {
    auto result = std::make_shared<blueprint>();
    result->placeholders = placeholders;
    result->is_short_of_descriptors = !has_descriptors();
    if (result->is_short_of_descriptors)
      return result;
    result->seen = fixed->look(wanted, thread);
    result->choose_program(fixed->setup, wanted);
    result->hold_missing();
    result->make_mount_points(fixed->folders ? fixed->folders->folder(thread) : "");
    return result;
  };
  auto go_on = [self = shared_from_this(), end, order = std::move(order),
                then = std::move(then)](const std::shared_ptr<blueprint>& found) {
    if (found->is_short_of_descriptors)
      return self->wait_for_descriptors(end, order, then);
    self->remember(order.thread, *found);
    if (auto* problem = std::get_if<sandbox_problem>(&found->seen.plan))
      return then(std::move(*problem));
    self->with_abilities(found->plan()->network, found->program,
                         [self, order, found, then](const auto& x) {
                           if (const auto* problem = std::get_if<sandbox_problem>(&x))
                             return then(*problem);
                           then(self->launch(order, *found, std::get<bubblewrap_abilities>(x)));
                         });
  };
  post_([&io = io_, draw = std::move(draw), go_on = std::move(go_on)]() mutable {
    io.post([found = draw(), go_on = std::move(go_on)]() mutable { go_on(found); });
  });
}

/// Those of commands that run become free when these end.
void sandbox_launcher::wait_for_descriptors(clock::time_point end, const sandbox_order& order,
                                            const answer_handler& then) {
  constexpr std::chrono::milliseconds pause{50};
  if (clock::now() < end) {
    io_.after(pause, [self = shared_from_this(), end, order, then] {
      self->prepare_until(end, order, then);
    });
    return;
  }
  then(sandbox_problem{start_refusal_text({.error = net::net_errc::no_resources,
                                           .system_error = EMFILE,
                                           .detail = std::generic_category().message(EMFILE),
                                           .exit_code = {},
                                           .ended_by = {}}),
                       sandbox_problem::cause::machine});
}

void sandbox_launcher::probe(const sandbox_policy& policy, probe_handler then) {
  auto find = [fixed = fixed_, policy] {
    return find_bubblewrap(fixed->setup.bubblewrap, folders_of_agents(fixed->setup, policy, {}));
  };
  const auto network = has_network(policy) ? network_access::host : network_access::none;
  auto go_on = [self = shared_from_this(), network,
                then = std::move(then)](const std::variant<std::string, sandbox_problem>& found) {
    if (const auto* problem = std::get_if<sandbox_problem>(&found))
      return then(*problem);
    self->with_abilities(network, std::get<std::string>(found), [then](const auto& x) {
      const auto* problem = std::get_if<sandbox_problem>(&x);
      then(problem != nullptr ? std::optional{*problem} : std::nullopt);
    });
  };
  post_([&io = io_, find = std::move(find), go_on = std::move(go_on)]() mutable {
    io.post([found = find(), go_on = std::move(go_on)] { go_on(found); });
  });
}

std::function<std::variant<sandbox_plan, sandbox_problem>()>
sandbox_launcher::planner(const thread_id& thread, const sandbox_policy& policy,
                          const std::string& policy_cwd,
                          shared_value<std::vector<root_identity>> roots) const {
  return [fixed = fixed_, thread, order = order_for(thread, policy, policy_cwd, roots)] {
    return fixed->look(order, thread).plan;
  };
}

/// Of two commands that looked at the same time, the first one's word counts.
void sandbox_launcher::remember(const thread_id& thread, const blueprint& found) {
  for (const auto& text : found.seen.warnings)
    warn_once(text);
  auto appeared = appeared_ ? *appeared_ : std::vector<covered_place>{};
  for (const auto& place : found.seen.appeared)
    if (std::ranges::find(appeared, place.given, &covered_place::given) == appeared.end())
      appeared.push_back(place);
  if (!appeared.empty())
    appeared_ = std::make_shared<const std::vector<covered_place>>(std::move(appeared));
  auto& memory = memories_[thread];
  auto next = std::make_shared<thread_memory>(*found.seen.memory);
  if (memory != nullptr)
    for (auto& root : next->met)
      if (const auto earlier = std::ranges::find(memory->met, root.given, &root_identity::given);
          earlier != memory->met.end())
        root = *earlier;
  auto recent = recent_ ? *recent_ : repository_lists{};
  for (const auto& [root, list] : next->repositories) {
    const auto known = recent.find(root);
    if (known != recent.end() && known->second.when >= list.when)
      continue;
    if (recent.size() >= max_recent_searches)
      recent.clear();
    recent.insert_or_assign(root, list);
    recent_ = nullptr;
  }
  if (recent_ == nullptr)
    recent_ = std::make_shared<const repository_lists>(std::move(recent));
  memory = std::move(next);
}

void sandbox_launcher::tell(const sandbox_problem& problem) {
  if (problem.why == sandbox_problem::cause::folder)
    warn_once(problem.message);
}

void sandbox_launcher::forget(const thread_id& thread) {
  memories_.erase(thread);
  if (!fixed_->folders)
    return;
  forgotten_.insert(thread);
  remove_folder(thread);
}

/// Who removes a folder takes all mounts below it away, covers too, also from those that live on
/// for a moment.
void sandbox_launcher::remove_folder(const thread_id& thread) {
  constexpr std::chrono::milliseconds pause{20};
  if (!forgotten_.contains(thread))
    return; // it has been resumed
  std::erase_if(running_, [](const auto& x) { return x.life.expired(); });
  if (std::ranges::find(running_, thread, &running_sandbox::thread) != running_.end()) {
    io_.after(pause, [self = shared_from_this(), thread] { self->remove_folder(thread); });
    return;
  }
  forgotten_.erase(thread);
  post_([fixed = fixed_, thread] { fixed->folders->remove(thread); });
}

sandbox_launcher::answer sandbox_launcher::launch(const sandbox_order& order, blueprint& found,
                                                  const bubblewrap_abilities& abilities) {
  const auto& plan = *found.plan();
  auto seccomp = seccomp_for(plan.network);
  if (auto* problem = std::get_if<sandbox_problem>(&seccomp))
    return std::move(*problem);
  sandbox_launch result;
  if (const auto lost = links_.lost(plan))
    return sandbox_problem{
      fmt::format(
        "Sandbox refuses to run this: the link {} is gone. Put it back to go on; if it was "
        "you who took it away, start the program anew.",
        *lost),
      sandbox_problem::cause::folder};
  for (const auto& link : plan.links) {
    if (!links_.agrees(link))
      return sandbox_problem{fmt::format("Sandbox refuses to run this: the link {} says something "
                                         "else than when it was first seen. Put it back to go on; "
                                         "if it was you who changed it, start the program anew.",
                                         link.path),
                             sandbox_problem::cause::folder};
    found.placeholders->keep(held_link{found.seen.folder_of(link.path), link});
  }
  bubblewrap_order call{.cwd = order.cwd,
                        .command = order.argv,
                        .late_environment = {},
                        .own_program = fixed_->setup.own_image,
                        .uid = fixed_->setup.uid,
                        .gid = fixed_->gid};
  for (const auto& entry : order.environment)
    if (steers_loader(entry))
      call.late_environment.push_back(entry);
    else
      result.environment.push_back(entry);
  result.argv = bubblewrap_argv(plan, abilities, call);
  result.read_only_files = covered_devices(abilities);
  const auto pass = [&](owned_descriptor fd, int number) {
    if (!fd.is_open())
      return;
    result.inherited.push_back({.ours = fd.number(), .as = number});
    result.descriptors.push_back(std::move(fd));
  };
  pass(std::get<owned_descriptor>(std::move(seccomp)), seccomp_descriptor);
  if (abilities.by_descriptor)
    for (std::size_t i = 0; i < found.seen.roots.size(); ++i)
      pass(std::move(found.seen.roots[i]), first_root_descriptor + static_cast<int>(i));
  result.placeholders = std::move(found.placeholders);
  auto folders = written_folders(plan);
  if (!is_written_by_others(folders, result.placeholders))
    found.seen.expected.clear();
  result.watch = sandbox_watch::make(std::move(found.seen.expected));
  if (!result.watch)
    return sandbox_problem{start_refusal_text({.error = net::net_errc::no_resources,
                                               .system_error = errno,
                                               .detail = std::generic_category().message(errno),
                                               .exit_code = {},
                                               .ended_by = {}}),
                           sandbox_problem::cause::machine};
  const auto own = std::ranges::find_if(
    running_, [&](const auto& x) { return x.life.lock() == result.placeholders; });
  if (own != running_.end())
    own->folders = std::move(folders); // where they really are
  return result;
}

/// As far as they are known before anything is looked at: who begins meanwhile must know of it.
std::vector<std::string> sandbox_launcher::named_folders(const sandbox_order& order) const {
  const auto tmp = fixed_->folders ? config::tmp_folder::own : config::tmp_folder::shared;
  auto result = root_names(fixed_->setup, order.policy, order.policy_cwd, tmp);
  for (auto& name : result)
    if (const auto* known = find_identity(*order.roots, name))
      name = known->path;
  return result;
}

/// Only who writes the same files can move what is to be covered, while that is done by name.
bool sandbox_launcher::is_written_by_others(const std::vector<std::string>& folders,
                                            const std::shared_ptr<held_placeholders>& own) {
  std::erase_if(running_, [](const auto& x) { return x.life.expired(); });
  return std::ranges::any_of(running_, [&](const auto& other) {
    return other.life.lock() != own && std::ranges::any_of(other.folders, [&](const auto& x) {
             return std::ranges::any_of(
               folders, [&](const auto& y) { return is_inside(x, y) || is_inside(y, x); });
           });
  });
}

void sandbox_launcher::warn_once(const std::string& text) {
  if (std::ranges::find(warned_, text) != warned_.end() || warned_.size() >= max_warnings)
    return;
  warned_.push_back(text);
  log::notice(notices_, text, text);
}

std::variant<owned_descriptor, sandbox_problem>
sandbox_launcher::seccomp_for(network_access network) {
  const auto problem = [](const std::error_code& error) {
    return sandbox_problem{fmt::format("the system call filter cannot be made: {}. {}",
                                       error.message(), sandbox_remedy("seccomp")),
                           sandbox_problem::cause::machine};
  };
  auto& program = seccomp_[static_cast<std::size_t>(network)];
  if (!program) {
    auto made = seccomp_program::make(network);
    if (const auto* error = std::get_if<std::error_code>(&made))
      return problem(*error);
    program = std::get<seccomp_program>(std::move(made));
  }
  auto opened = program->open_for_reading();
  if (const auto* error = std::get_if<std::error_code>(&opened))
    return problem(*error);
  return std::get<owned_descriptor>(std::move(opened));
}

void tell_refusal(const run_context& context, const thread_id& thread,
                  const sandbox_problem& problem) {
  context.sandbox->tell(problem);
  if (problem.why != sandbox_problem::cause::policy && context.on_refused)
    context.on_refused(thread, problem.message);
}

} // namespace troupe::tool_runner
