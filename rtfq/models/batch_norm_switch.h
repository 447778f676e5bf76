// Which bank of batch-norm parameters a subnet uses.
#ifndef RTFQ_MODELS_BATCH_NORM_SWITCH_H_
#define RTFQ_MODELS_BATCH_NORM_SWITCH_H_

#include <map>
#include <string>
#include <vector>

#include "rtfq/models/batch_norm.pb.h"
#include "rtfq/models/search_space.h"
#include "rtfq/models/subnet_config.h"

namespace rtfq {

// Maps subnets to switch keys 0..num_keys()-1: subnets that agree in all
// switched properties share a key. Immutable.
class BatchNormSwitch {
 public:
  BatchNormSwitch(const SearchSpace& space, const BatchNormConfig& config);

  int num_keys() const { return static_cast<int>(names_.size()); }
  // The subnet must be in the space.
  int KeyOf(const SubnetConfig& subnet) const;
  // "r64-w100-q8", "w86-q6"; "all" when nothing is switched.
  const std::string& NameOf(int key) const { return names_[key]; }
  // The width whose channels a bank has: the key's, or 100 when width is not
  // switched.
  int WidthPercentOf(int key) const { return width_percents_[key]; }
  // A subnet that uses the key.
  const SubnetConfig& ExampleOf(int key) const { return examples_[key]; }

  const BatchNormConfig& config() const { return config_; }

 private:
  std::string KeyName(const SubnetConfig& subnet) const;

  BatchNormConfig config_;
  std::map<SubnetConfig, int> key_of_;
  std::vector<std::string> names_;
  std::vector<int> width_percents_;
  std::vector<SubnetConfig> examples_;
};

}  // namespace rtfq

#endif  // RTFQ_MODELS_BATCH_NORM_SWITCH_H_
