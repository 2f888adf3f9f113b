#pragma once

#include "messages/event.hpp"
#include "messages/ids.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::exec {

/// Turns the events of one thread into the lines of `--json` (contract exec-and-sdk.md 2). One
/// object per process: item ids count from `item_0`. Every function appends whole lines to `out`.
class jsonl_events {
public:
  void thread_started(const thread_id& id, std::span<const std::string> warnings, std::string& out);
  void event(const event_msg& x, std::string& out);

  /// The run ends without a word of the thread: it could not take the turn, or was lost.
  void failed(std::string_view message, std::string& out);

private:
  void on(const task_started&, std::string& out);
  void on(const task_complete&, std::string& out);
  void on(const turn_aborted&, std::string& out);
  void on(const token_count&, std::string& out);
  void on(const turn_error&, std::string& out);
  void on(const stream_error&, std::string& out);
  void on(const warning&, std::string& out);
  void on(const item_started&, std::string& out);
  void on(const item_completed&, std::string& out);
  void on(const exec_command_begin&, std::string& out);
  void on(const exec_command_end&, std::string& out);
  void on(const patch_apply_begin&, std::string& out);
  void on(const patch_apply_end&, std::string& out);
  void on(const plan_update&, std::string& out);
  template <class Other>
  void on(const Other&, std::string&) {} // not reported here

  void end_open_items(std::string& out);
  std::string new_id();

  struct open_command {
    std::string id;
    exec_command_begin begin;
  };
  struct open_patch {
    std::string id;
    file_changes changes;
  };
  struct open_list {
    std::string id;
    plan_update plan;
  };

  std::uint64_t next_item_ = 0;
  std::vector<open_command> commands_;          ///< as they began
  std::map<std::string, open_patch> patches_;   ///< by call id
  std::map<std::string, std::string> searches_; ///< provider's id to item id
  std::optional<open_list> list_;
  std::optional<std::string> failure_;
  token_usage usage_;
  bool over_ = false;
};

} // namespace troupe::exec
