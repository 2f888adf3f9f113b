#include "apps/run/run_plan.hpp"

#include "config/text_file.hpp"

#include <algorithm>

namespace troupe::run {

namespace {

bool stands(const result_record& x, failed_tasks failed) {
  if (x.refused > 0) // whatever it says, it could not do its work: this machine may by now
    return failed == failed_tasks::keep && x.status == task_status::failed;
  switch (x.status) {
  case task_status::completed: return true;
  case task_status::failed: return failed == failed_tasks::keep;
  case task_status::interrupted: return false;
  }
  return false;
}

} // namespace

earlier_results read_results(std::string_view text) {
  earlier_results out;
  out.torn_tail = !text.empty() && text.back() != '\n';
  text = config::without_mark(text);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (auto record = parse_result(line)) {
      auto id = record->id;
      out.latest.insert_or_assign(std::move(id), *std::move(record));
    } else if (!line.empty()) {
      if (++out.unreadable_lines == 1)
        out.first_unreadable = number;
    }
  }
  return out;
}

run_plan plan_run(std::span<const task> tasks, const earlier_results& earlier,
                  failed_tasks failed) {
  run_plan out;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto known = earlier.latest.find(tasks[i].id);
    if (known == earlier.latest.end()) {
      out.todo.push_back({i, 1});
      continue;
    }
    const auto& record = known->second;
    const bool is_same = record.fingerprint == fingerprint(tasks[i]);
    if (is_same && stands(record, failed)) {
      out.kept.push_back(record);
      continue;
    }
    out.changed += is_same ? 0 : 1;
    out.todo.push_back({i, record.attempt + 1});
  }
  return out;
}

} // namespace troupe::run
