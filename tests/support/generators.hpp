// rapidcheck generators of Tidemark's values. Each value is sound by itself (canonical names and
// RRsets, limits held); whether the fold accepts a ChangeSet is another question.
//
// Names, types and pools come from small vocabularies, so that generated values meet each other;
// any_name() is the exception: it reaches the limits of labels and names.
#pragma once

#include <gtest/gtest.h>  // before rapidcheck's own header for it
#include <rapidcheck.h>

#include "core/base/bytes.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "core/event/health_frame.hpp"
#include "core/event/node_report.hpp"
#include "core/event/pool.hpp"

namespace tidemark::support {

dns::Name name(std::string_view text);  // Requires a valid absolute name

rc::Gen<base::Bytes> bytes(std::size_t octets_max);
rc::Gen<base::U128> u128();

rc::Gen<dns::Name> any_name();
rc::Gen<dns::Name> zone_name();                     // of four zones, one below another
rc::Gen<dns::Name> name_in(const dns::Name& zone);  // at, below or wildcard below it
rc::Gen<dns::RrType> ordinary_type();               // A AAAA NS CNAME MX TXT SRV CAA PTR
rc::Gen<std::vector<base::Bytes>> records_of(dns::RrType type);  // canonical, sorted, 1 to 4
rc::Gen<dns::Rrset> rrset_in(const dns::Name& zone);
dns::Rrset soa_of(const dns::Name& zone, std::uint32_t serial);
dns::Rrset ns_of(const dns::Name& zone);

rc::Gen<std::string> pool_name();    // of three
rc::Gen<std::string> endpoint_id();  // of six
rc::Gen<event::Pool> pool();         // unique endpoint ids, 1 to 6 of them
rc::Gen<event::Override> override_of_health();

rc::Gen<event::ZoneEdit> zone_edit_in(const dns::Name& zone);
rc::Gen<event::PoolEdit> pool_edit();
rc::Gen<event::ZoneEdits> zone_edits(const dns::Name& zone);
rc::Gen<event::PutCookieSalts> cookie_salts();
rc::Gen<event::Succession> succession();
rc::Gen<event::ChangeSet> change_set();  // every member of every union, each zone at most once
rc::Gen<event::HealthFrame> health_frame();
rc::Gen<event::ControlRecord> control_record();
rc::Gen<event::NodeReport> node_report();

}  // namespace tidemark::support
