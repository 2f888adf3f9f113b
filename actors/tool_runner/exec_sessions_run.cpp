#include "actors/tool_runner/exec_sessions_run.hpp"

#include "actors/tool_runner/exec_format.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <vector>

namespace troupe::tool_runner {

namespace {

/// A call that reads from a session.
class reading_run final : public open_run {
public:
  explicit reading_run(std::shared_ptr<exec_session> session) : session_(std::move(session)) {}

  void cancel() override { session_->cancel_reader(); }

private:
  std::shared_ptr<exec_session> session_;
};

void refuse(const run_tool& call, const call_sink& sink, std::string output) {
  sink.finish(tool_result{
    .call_id = call.call_id, .output = std::move(output), .success = false, .notes = {}});
}

} // namespace

std::shared_ptr<open_run> exec_sessions::start(std::shared_ptr<const run_context> context,
                                               const run_tool& call, exec_plan plan,
                                               call_sink sink) {
  switch (plan.decision.result) {
  case verdict::forbidden:
    refuse(call, sink, exec_command_rejected(plan.decision.reason));
    return nullptr;
  case verdict::prompt: // nobody can be asked yet
    refuse(call, sink, exec_command_rejected("rejected by user"));
    return nullptr;
  case verdict::allow: break;
  }
  std::set<std::int32_t> taken;
  for (const auto& [id, session] : sessions_)
    taken.insert(id);
  const auto id = new_session_id(random_, taken);
  const auto weak = weak_from_this();
  session_owner owner{.on_kept = [weak, id]() -> std::optional<std::string> {
                        const auto self = weak.lock();
                        return self ? self->make_room_for(id) : std::nullopt;
                      },
                      .on_over =
                        [weak, id] {
                          if (const auto self = weak.lock())
                            self->remove(id);
                        }};
  auto session = exec_session::start(std::move(context), call, std::move(plan), id, std::move(sink),
                                     std::move(owner));
  sessions_.emplace(id, session);
  return std::make_shared<reading_run>(std::move(session));
}

std::shared_ptr<open_run>
exec_sessions::read(const run_tool& call, const write_stdin_arguments& arguments, call_sink sink) {
  const auto found = arguments.session_id <= last_session_id
                       ? sessions_.find(static_cast<std::int32_t>(arguments.session_id))
                       : sessions_.end();
  if (found == sessions_.end()) {
    refuse(call, sink,
           fmt::format("write_stdin failed: Unknown process id {}", arguments.session_id));
    return nullptr;
  }
  const auto session = found->second;
  if (session->has_reader()) {
    refuse(call, sink,
           fmt::format("write_stdin failed: process {} is being read by another call",
                       arguments.session_id));
    return nullptr;
  }
  if (!arguments.chars.empty() && !session->has_terminal()) {
    refuse(call, sink,
           "write_stdin failed: stdin is closed for this session; rerun exec_command with tty=true "
           "to keep stdin open");
    return nullptr;
  }
  session->read(call, arguments, std::move(sink));
  return session->has_reader() ? std::make_shared<reading_run>(session) : nullptr;
}

std::optional<std::string> exec_sessions::make_room_for(std::int32_t id) {
  std::vector<session_use> others;
  std::size_t open = 1;
  for (const auto& [other, session] : sessions_)
    if (other != id && session->is_kept()) {
      others.push_back(session->use());
      ++open;
    }
  if (const auto old = session_to_prune(others)) {
    --open;
    const auto session = sessions_.at(*old);
    session->terminate();
  }
  return open_processes_warning(open);
}

void exec_sessions::remove(std::int32_t id) {
  sessions_.erase(id);
  if (sessions_.empty())
    on_empty_();
}

void exec_sessions::terminate_all() {
  const auto all = sessions_; // a session that has ended already leaves at once
  for (const auto& [id, session] : all)
    session->terminate();
}

void exec_sessions::abandon_all() {
  for (const auto& [id, session] : std::exchange(sessions_, {}))
    session->abandon();
}

} // namespace troupe::tool_runner
