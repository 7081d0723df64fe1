# netquota: gateway gw-setda, RouterOS 7
# Paste it into the terminal, or /import it. It may be run again: it replaces its own entries (comment "netquota: ...") alone.
# Taken as: to the internet ether1, hotspot vlan20, bridge-hotspot.
# Where the router has no hotspot yet, run /ip hotspot setup first.
:if ([:len [/interface find where name="vlan20"]] = 0) do={ :error "netquota: there is no interface vlan20; nothing was changed" }
:if ([:len [/interface find where name="bridge-hotspot"]] = 0) do={ :error "netquota: there is no interface bridge-hotspot; nothing was changed" }

# RADIUS: where log-ins and reports go. 3 s, since the default of 1.1 s is too short for a first log-in.
:if ([:len [/radius find where comment="netquota: server 1"]] = 0) do={ /radius add comment="netquota: server 1" service=hotspot,ppp address="10.10.0.1" secret="rahasia-sekali-123" }
/radius set [find where comment="netquota: server 1"] service=hotspot,ppp address="10.10.0.1" secret="rahasia-sekali-123" authentication-port=1812 accounting-port=1813 timeout=3s disabled=no
:if ([:len [/radius find where comment="netquota: server 2"]] = 0) do={ /radius add comment="netquota: server 2" service=hotspot,ppp address="10.10.0.2" secret="rahasia-sekali-123" }
/radius set [find where comment="netquota: server 2"] service=hotspot,ppp address="10.10.0.2" secret="rahasia-sekali-123" authentication-port=1812 accounting-port=1813 timeout=3s disabled=no

# Signed requests (Message-Authenticator): RouterOS 7.15 and newer know it; an older one notes an error in its log and goes on.
:execute script="/radius set [find where comment~\"^netquota: server\"] require-message-auth=yes-for-request-resp"

# Changed limits and ended sessions arrive here (CoA, Disconnect).
/radius incoming set accept=yes port=3799

# A hotspot server on each interface that has none yet; what is there stays as it is but for what follows.
:if ([:len [/ip hotspot profile find where name="netquota"]] = 0) do={ /ip hotspot profile add name="netquota" }
:if ([:len [/ip hotspot find where interface="vlan20"]] = 0) do={ /ip hotspot add name="hotspot-vlan20" interface="vlan20" profile="netquota" disabled=no }
:if ([:len [/ip hotspot profile find where name="netquota"]] = 0) do={ /ip hotspot profile add name="netquota" }
:if ([:len [/ip hotspot find where interface="bridge-hotspot"]] = 0) do={ /ip hotspot add name="hotspot-bridge-hotspot" interface="bridge-hotspot" profile="netquota" disabled=no }

# The hotspot asks RADIUS and reports to it; lines that log in by PPPoE, too.
:foreach hotspotServer in=[/ip hotspot find where interface="vlan20"] do={ /ip hotspot profile set [find where name=[/ip hotspot get $hotspotServer profile]] use-radius=yes radius-accounting=yes radius-mac-format=XX:XX:XX:XX:XX:XX login-by=http-pap,mac,mac-cookie }
:foreach hotspotServer in=[/ip hotspot find where interface="bridge-hotspot"] do={ /ip hotspot profile set [find where name=[/ip hotspot get $hotspotServer profile]] use-radius=yes radius-accounting=yes radius-mac-format=XX:XX:XX:XX:XX:XX login-by=http-pap,mac,mac-cookie }
/ppp aaa set use-radius=yes accounting=yes

# How often it reports is told with each log-in (Acct-Interim-Interval), by what is left of the quota.
:foreach hotspotServer in=[/ip hotspot find where interface="vlan20"] do={ /ip hotspot profile set [find where name=[/ip hotspot get $hotspotServer profile]] radius-interim-update=received }
:foreach hotspotServer in=[/ip hotspot find where interface="bridge-hotspot"] do={ /ip hotspot profile set [find where name=[/ip hotspot get $hotspotServer profile]] radius-interim-update=received }
/ppp aaa set interim-update=0s

# The right time, for reports bear it.
/system ntp client set enabled=yes servers=id.pool.ntp.org

# Reachable before log-in, after the quota and outside hours: this server, the portal, the city's own applications.
/ip hotspot walled-garden ip remove [find where comment="netquota: always reachable"]
/ip hotspot walled-garden remove [find where comment="netquota: always reachable"]
/ip hotspot walled-garden ip add action=accept dst-address="10.10.0.1" comment="netquota: always reachable"
/ip hotspot walled-garden ip add action=accept dst-address="10.10.0.2" comment="netquota: always reachable"
/ip hotspot walled-garden ip add action=accept dst-address="10.20.0.0/24" comment="netquota: always reachable"
/ip hotspot walled-garden ip add action=accept dst-host="netquota.kota.go.id" comment="netquota: always reachable"
/ip hotspot walled-garden add action=allow dst-host="netquota.kota.go.id" comment="netquota: always reachable"
/ip hotspot walled-garden ip add action=accept dst-host="absensi.kota.go.id" comment="netquota: always reachable"
/ip hotspot walled-garden add action=allow dst-host="absensi.kota.go.id" comment="netquota: always reachable"

# The hotspot's pages, which lead to the log-in page at the server; the router fetches them. By hand: netquota portal export.
:local pagesFolder "netquota"
:if ([:len [/file find where name="flash"]] > 0) do={ :set pagesFolder "flash/netquota" }
:local pagesFetched true
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/login.html" dst-path=($pagesFolder . "/login.html") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/alogin.html" dst-path=($pagesFolder . "/alogin.html") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/rlogin.html" dst-path=($pagesFolder . "/rlogin.html") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/status.html" dst-path=($pagesFolder . "/status.html") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/logout.html" dst-path=($pagesFolder . "/logout.html") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/error.html" dst-path=($pagesFolder . "/error.html") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/api.json" dst-path=($pagesFolder . "/api.json") check-certificate=yes } on-error={ :set pagesFetched false }
:do { /tool fetch url="https://netquota.kota.go.id/hotspot/errors.txt" dst-path=($pagesFolder . "/errors.txt") check-certificate=yes } on-error={ :set pagesFetched false }
:if ($pagesFetched) do={
    :foreach hotspotServer in=[/ip hotspot find where interface="vlan20"] do={ /ip hotspot profile set [find where name=[/ip hotspot get $hotspotServer profile]] html-directory=$pagesFolder }
    :foreach hotspotServer in=[/ip hotspot find where interface="bridge-hotspot"] do={ /ip hotspot profile set [find where name=[/ip hotspot get $hotspotServer profile]] html-directory=$pagesFolder }
} else={ :log warning "netquota: the hotspot's pages could not be fetched; run the script again once the server can be reached" }

# Fair by address within a site's queue (PCQ).
:if ([:len [/queue type find where name="nq-down"]] = 0) do={ /queue type add name="nq-down" kind=pcq pcq-classifier=dst-address }
:if ([:len [/queue type find where name="nq-up"]] = 0) do={ /queue type add name="nq-up" kind=pcq pcq-classifier=src-address }

# The office's limit: one queue a site, under one for the whole line; the queues of its people hang below it (profiles).
/queue tree remove [find where comment="netquota: site"]
/queue tree remove [find where comment="netquota: fallback"]
/queue tree remove [find where comment="netquota: portal"]
/queue tree remove [find where comment="netquota: line"]
/queue simple remove [find where comment~"^netquota: (site|fallback)" and name!="nq-mpp" and name!="nq-setda"]
:if ([:len [/queue simple find where name="nq-line"]] = 0) do={ /queue simple add name="nq-line" target="vlan20,bridge-hotspot" }
/queue simple set [find where name="nq-line"] target="vlan20,bridge-hotspot" max-limit=47500000/95000000 comment="netquota: line"
:if ([:len [/queue simple find where name="nq-portal-1"]] = 0) do={ /queue simple add name="nq-portal-1" parent="nq-line" target="vlan20,bridge-hotspot" dst="10.10.0.1" }
/queue simple set [find where name="nq-portal-1"] parent="nq-line" target="vlan20,bridge-hotspot" dst="10.10.0.1" priority=1/1 limit-at=256000/256000 comment="netquota: portal"
:if ([:len [/queue simple find where name="nq-portal-2"]] = 0) do={ /queue simple add name="nq-portal-2" parent="nq-line" target="vlan20,bridge-hotspot" dst="10.10.0.2" }
/queue simple set [find where name="nq-portal-2"] parent="nq-line" target="vlan20,bridge-hotspot" dst="10.10.0.2" priority=1/1 limit-at=256000/256000 comment="netquota: portal"
# Mal Pelayanan
:if ([:len [/queue simple find where name="nq-mpp"]] = 0) do={ /queue simple add name="nq-mpp" parent="nq-line" target="vlan20" }
/queue simple set [find where name="nq-mpp"] parent="nq-line" target="vlan20" max-limit=0/0 queue=nq-up/nq-down priority=8/8 comment="netquota: fallback"
# Kantor Setda
:if ([:len [/queue simple find where name="nq-setda"]] = 0) do={ /queue simple add name="nq-setda" parent="nq-line" target="bridge-hotspot" }
/queue simple set [find where name="nq-setda"] parent="nq-line" target="bridge-hotspot" max-limit=10000000/20000000 queue=nq-up/nq-down priority=8/8 comment="netquota: site"

# A profile for each group of sessions: the log-in's answer names it (Mikrotik-Group).
:if ([:len [/ip hotspot user profile find where name="nq-mpp"]] = 0) do={ /ip hotspot user profile add name="nq-mpp" }
/ip hotspot user profile set [find where name="nq-mpp"] parent-queue="nq-mpp" address-list="nq-mpp" shared-users=unlimited keepalive-timeout=2m add-mac-cookie=yes
:if ([:len [/ppp profile find where name="nq-mpp"]] = 0) do={ /ppp profile add name="nq-mpp" }
/ppp profile set [find where name="nq-mpp"] parent-queue="nq-mpp" address-list="nq-mpp"
:if ([:len [/ip hotspot user profile find where name="nq-setda"]] = 0) do={ /ip hotspot user profile add name="nq-setda" }
/ip hotspot user profile set [find where name="nq-setda"] parent-queue="nq-setda" address-list="nq-setda" shared-users=unlimited keepalive-timeout=2m add-mac-cookie=yes
:if ([:len [/ppp profile find where name="nq-setda"]] = 0) do={ /ppp profile add name="nq-setda" }
/ppp profile set [find where name="nq-setda"] parent-queue="nq-setda" address-list="nq-setda"

# RADIUS, portal and tunnel go before everything else on the way out, so that a log-in works on a full line.
/ip firewall mangle remove [find where comment="netquota: first"]
/ip firewall mangle add chain=output dst-address="10.10.0.1" action=mark-packet new-packet-mark="nq-first" passthrough=no comment="netquota: first"
/ip firewall mangle add chain=forward dst-address="10.10.0.1" action=mark-packet new-packet-mark="nq-first" passthrough=no comment="netquota: first"
/ip firewall mangle add chain=output dst-address="10.10.0.2" action=mark-packet new-packet-mark="nq-first" passthrough=no comment="netquota: first"
/ip firewall mangle add chain=forward dst-address="10.10.0.2" action=mark-packet new-packet-mark="nq-first" passthrough=no comment="netquota: first"
:if ([:len [/queue tree find where name="nq-wan"]] = 0) do={ /queue tree add name="nq-wan" parent="ether1" }
/queue tree set [find where name="nq-wan"] parent="ether1" max-limit=49000000 comment="netquota: first"
:if ([:len [/queue tree find where name="nq-wan-first"]] = 0) do={ /queue tree add name="nq-wan-first" parent="nq-wan" packet-mark="nq-first" }
/queue tree set [find where name="nq-wan-first"] parent="nq-wan" packet-mark="nq-first" priority=1 limit-at=512000 max-limit=49000000 comment="netquota: first"
:if ([:len [/queue tree find where name="nq-wan-rest"]] = 0) do={ /queue tree add name="nq-wan-rest" parent="nq-wan" packet-mark="no-mark" }
/queue tree set [find where name="nq-wan-rest"] parent="nq-wan" packet-mark="no-mark" priority=8 max-limit=47500000 comment="netquota: first"

# FastTrack bypasses queues: with it no limit holds. Elsewhere it stays.
/ip firewall filter remove [find where comment="netquota: no fasttrack"]
:if ([:len [/ip firewall filter find where action=fasttrack-connection dynamic=no]] > 0) do={ /ip firewall filter add chain=forward in-interface="vlan20" connection-state=established,related action=accept comment="netquota: no fasttrack" place-before=[:pick [/ip firewall filter find where action=fasttrack-connection dynamic=no] 0] }
:if ([:len [/ip firewall filter find where action=fasttrack-connection dynamic=no]] > 0) do={ /ip firewall filter add chain=forward out-interface="vlan20" connection-state=established,related action=accept comment="netquota: no fasttrack" place-before=[:pick [/ip firewall filter find where action=fasttrack-connection dynamic=no] 0] }
:if ([:len [/ip firewall filter find where action=fasttrack-connection dynamic=no]] > 0) do={ /ip firewall filter add chain=forward in-interface="bridge-hotspot" connection-state=established,related action=accept comment="netquota: no fasttrack" place-before=[:pick [/ip firewall filter find where action=fasttrack-connection dynamic=no] 0] }
:if ([:len [/ip firewall filter find where action=fasttrack-connection dynamic=no]] > 0) do={ /ip firewall filter add chain=forward out-interface="bridge-hotspot" connection-state=established,related action=accept comment="netquota: no fasttrack" place-before=[:pick [/ip firewall filter find where action=fasttrack-connection dynamic=no] 0] }

# The hotspot knows IPv4 alone; IPv6 past it would be neither limited nor counted.
/ipv6 firewall filter remove [find where comment="netquota: hotspot"]
:if ([:len [/ipv6 firewall filter find where dynamic=no]] > 0) do={ /ipv6 firewall filter add chain=forward in-interface="vlan20" action=drop comment="netquota: hotspot" place-before=[:pick [/ipv6 firewall filter find where dynamic=no] 0] } else={ /ipv6 firewall filter add chain=forward in-interface="vlan20" action=drop comment="netquota: hotspot" }
:if ([:len [/ipv6 firewall filter find where dynamic=no]] > 0) do={ /ipv6 firewall filter add chain=forward out-interface="vlan20" action=drop comment="netquota: hotspot" place-before=[:pick [/ipv6 firewall filter find where dynamic=no] 0] } else={ /ipv6 firewall filter add chain=forward out-interface="vlan20" action=drop comment="netquota: hotspot" }
:if ([:len [/ipv6 nd find where interface="vlan20"]] > 0) do={ /ipv6 nd set [find where interface="vlan20"] disabled=yes }
:if ([:len [/ipv6 firewall filter find where dynamic=no]] > 0) do={ /ipv6 firewall filter add chain=forward in-interface="bridge-hotspot" action=drop comment="netquota: hotspot" place-before=[:pick [/ipv6 firewall filter find where dynamic=no] 0] } else={ /ipv6 firewall filter add chain=forward in-interface="bridge-hotspot" action=drop comment="netquota: hotspot" }
:if ([:len [/ipv6 firewall filter find where dynamic=no]] > 0) do={ /ipv6 firewall filter add chain=forward out-interface="bridge-hotspot" action=drop comment="netquota: hotspot" place-before=[:pick [/ipv6 firewall filter find where dynamic=no] 0] } else={ /ipv6 firewall filter add chain=forward out-interface="bridge-hotspot" action=drop comment="netquota: hotspot" }
:if ([:len [/ipv6 nd find where interface="bridge-hotspot"]] > 0) do={ /ipv6 nd set [find where interface="bridge-hotspot"] disabled=yes }

# Without this server for 5 minutes people are let through, the site's queue in force; it goes back by itself.
/tool netwatch remove [find where comment="netquota: server"]
/tool netwatch add comment="netquota: server" type="https-get" host="10.10.0.1" port=443 http-codes=200-399 interval=30s up-script=":log info \"netquota: the server answers\"" down-script=":log warning \"netquota: the server does not answer\""
/ip hotspot ip-binding remove [find where comment="netquota: fail-open"]
:foreach addressId in=[/ip address find where interface="vlan20"] do={ :local own [/ip address get $addressId address]; /ip hotspot ip-binding add address=([/ip address get $addressId network] . [:pick $own [:find $own "/"] [:len $own]]) type=bypassed disabled=yes comment="netquota: fail-open" }
:foreach addressId in=[/ip address find where interface="bridge-hotspot"] do={ :local own [/ip address get $addressId address]; /ip hotspot ip-binding add address=([/ip address get $addressId network] . [:pick $own [:find $own "/"] [:len $own]]) type=bypassed disabled=yes comment="netquota: fail-open" }
/system scheduler remove [find where name="netquota-watch"]
/system script remove [find where name="netquota-watch"]
/system script add name="netquota-watch" policy=ftp,read,write,test,policy source=":global nqAway\n\
    :if ([:typeof \$nqAway] != \"num\") do={ :set nqAway 0 }\n\
    :local serverHere false\n\
    :do { /tool fetch url=\"https://netquota.kota.go.id/readyz\" output=none; :set serverHere true } on-error={ :set serverHere false }\n\
    :if (\$serverHere) do={ :set nqAway 0 } else={ :set nqAway (\$nqAway + 1) }\n\
    :local isOpen ([:len [/ip hotspot ip-binding find where comment=\"netquota: fail-open\" disabled=no]] > 0)\n\
    :if ((\$nqAway >= 5) && (!\$isOpen)) do={\n\
        /ip hotspot ip-binding enable [find where comment=\"netquota: fail-open\"]\n\
        /ip hotspot host remove [find where authorized=no]\n\
        /queue simple set [find where name=\"nq-mpp\"] max-limit=4000000/8000000\n\
        :log warning \"netquota: no server, people are let through\"\n\
    }\n\
    :if ((\$nqAway = 0) && \$isOpen) do={\n\
        /ip hotspot ip-binding disable [find where comment=\"netquota: fail-open\"]\n\
        /ip hotspot host remove [find where bypassed=yes]\n\
        /queue simple set [find where comment=\"netquota: fallback\"] max-limit=0/0\n\
        :log warning \"netquota: the server is back, people log in again\"\n\
    }"
/system scheduler add name="netquota-watch" interval=1m start-time=startup policy=ftp,read,write,test,policy on-event="/system script run netquota-watch" comment="netquota: watch"

# Each minute it says what its queues' limits are and fetches what they should be, for RADIUS cannot change them.
/system scheduler remove [find where name="netquota-queues"]
/system script remove [find where name="netquota-queues"]
/system script add name="netquota-queues" policy=ftp,read,write,test,policy source=":local server \"https://netquota.kota.go.id/api/gateway/v1/queues\"\n\
    :local identity [/system identity get name]\n\
    :if ([:typeof [:find \$identity \" \"]] != \"num\") do={ :set server (\$server . \"\\\?gateway=\" . \$identity) }\n\
    :local again true\n\
    :local turns 0\n\
    :while (\$again && (\$turns < 2)) do={\n\
        :set again false\n\
        :set turns (\$turns + 1)\n\
        :local inForce \"\"\n\
        :foreach siteQueue in=[/queue simple find where comment=\"netquota: site\"] do={ :set inForce (\$inForce . [/queue simple get \$siteQueue name] . \"=\" . [/queue simple get \$siteQueue max-limit] . \"\\n\") }\n\
        :local answer \"\"\n\
        :do { :set answer ([/tool fetch url=\$server http-method=post http-data=\$inForce http-header-field=\"Authorization: Bearer token-gerbang,Content-Type: text/plain\" check-certificate=yes output=user as-value]->\"data\") } on-error={ :log warning \"netquota: the queues' limits could not be fetched\" }\n\
        :while ([:len \$answer] > 0) do={\n\
            :local lineEnd [:find \$answer \"\\n\"]\n\
            :if ([:typeof \$lineEnd] != \"num\") do={ :set lineEnd [:len \$answer] }\n\
            :local oneLine [:pick \$answer 0 \$lineEnd]\n\
            :set answer [:pick \$answer (\$lineEnd + 1) [:len \$answer]]\n\
            :local sign [:find \$oneLine \"=\"]\n\
            :if ([:typeof \$sign] = \"num\") do={\n\
                :local groupName [:pick \$oneLine 0 \$sign]\n\
                :local wanted [:pick \$oneLine (\$sign + 1) [:len \$oneLine]]\n\
                :foreach siteQueue in=[/queue simple find where comment=\"netquota: site\" name=\$groupName] do={\n\
                    :if ([/queue simple get \$siteQueue max-limit] != \$wanted) do={ /queue simple set \$siteQueue max-limit=\$wanted; :set again true }\n\
                }\n\
            }\n\
        }\n\
    }"
/system scheduler add name="netquota-queues" interval=1m start-time=startup policy=ftp,read,write,test,policy on-event="/system script run netquota-queues" comment="netquota: queues"

# Every five minutes it asks what is measured here, and reports its interfaces' counters, how links' far ends answer and what
# flowed from and to the city's applications: for these it keeps its own lists and counting rules (comment "netquota address ...").
/system scheduler remove [find where name="netquota-readings"]
/system script remove [find where name="netquota-readings"]
/system script add name="netquota-readings" policy=ftp,read,write,test,policy source=":local server \"https://netquota.kota.go.id/api/gateway/v1/readings\"\n\
    :local identity [/system identity get name]\n\
    :if ([:typeof [:find \$identity \" \"]] != \"num\") do={ :set server (\$server . \"\\\?gateway=\" . \$identity) }\n\
    :local asked \"\"\n\
    :local heard false\n\
    :do { :set asked ([/tool fetch url=\$server http-method=get http-header-field=\"Authorization: Bearer token-gerbang\" check-certificate=yes output=user as-value]->\"data\"); :set heard true } on-error={ :log warning \"netquota: what to report could not be fetched\" }\n\
    :local counting \" \"\n\
    :if ([:len \$asked] > 0) do={\n\
        :local told (\"up \" . [/system resource get uptime] . \"\\n\")\n\
        :while ([:len \$asked] > 0) do={\n\
            :local lineEnd [:find \$asked \"\\n\"]\n\
            :if ([:typeof \$lineEnd] != \"num\") do={ :set lineEnd [:len \$asked] }\n\
            :local oneLine [:pick \$asked 0 \$lineEnd]\n\
            :set asked [:pick \$asked (\$lineEnd + 1) [:len \$asked]]\n\
            :local blank [:find \$oneLine \" \"]\n\
            :if ([:typeof \$blank] = \"num\") do={\n\
                :local word [:pick \$oneLine 0 \$blank]\n\
                :local what [:pick \$oneLine (\$blank + 1) [:len \$oneLine]]\n\
                :if (\$word = \"interface\") do={\n\
                    :foreach one in=[/interface find where name=\$what] do={ :set told (\$told . \"interface \" . [/interface get \$one rx-byte] . \" \" . [/interface get \$one tx-byte] . \" \" . \$what . \"\\n\") }\n\
                }\n\
                :if (\$word = \"ping\") do={\n\
                    :local answered 0\n\
                    :do { :set answered [/ping address=\$what count=5] } on-error={ :set answered 0 }\n\
                    :set told (\$told . \"ping \" . \$answered . \" 5 0 \" . \$what . \"\\n\")\n\
                }\n\
                :if ((\$word = \"address\") && ([:typeof [:find \$what \":\"]] != \"num\")) do={\n\
                    :local remark (\"netquota address \" . \$what)\n\
                    :local listName (\"netquota-\" . \$what)\n\
                    :set counting (\$counting . \$what . \" \")\n\
                    :do {\n\
                        :if ([:len [/ip firewall address-list find where list=\$listName comment=\$remark]] = 0) do={ /ip firewall address-list add list=\$listName address=\$what comment=\$remark }\n\
                        :if ([:len [/ip firewall mangle find where comment=(\$remark . \" down\")]] = 0) do={\n\
                            :local rules [/ip firewall mangle find where dynamic=no]\n\
                            :if ([:len \$rules] > 0) do={ /ip firewall mangle add chain=forward action=passthrough src-address-list=\$listName comment=(\$remark . \" down\") place-before=[:pick \$rules 0] } else={ /ip firewall mangle add chain=forward action=passthrough src-address-list=\$listName comment=(\$remark . \" down\") }\n\
                        }\n\
                        :if ([:len [/ip firewall mangle find where comment=(\$remark . \" up\")]] = 0) do={\n\
                            :local rules [/ip firewall mangle find where dynamic=no]\n\
                            :if ([:len \$rules] > 0) do={ /ip firewall mangle add chain=forward action=passthrough dst-address-list=\$listName comment=(\$remark . \" up\") place-before=[:pick \$rules 0] } else={ /ip firewall mangle add chain=forward action=passthrough dst-address-list=\$listName comment=(\$remark . \" up\") }\n\
                        }\n\
                        :local down -1\n\
                        :local up -1\n\
                        :foreach one in=[/ip firewall mangle find where comment=(\$remark . \" down\") disabled=no] do={ :set down [/ip firewall mangle get \$one bytes] }\n\
                        :foreach one in=[/ip firewall mangle find where comment=(\$remark . \" up\") disabled=no] do={ :set up [/ip firewall mangle get \$one bytes] }\n\
                        :if ((\$down >= 0) && (\$up >= 0)) do={ :set told (\$told . \"address \" . \$down . \" \" . \$up . \" \" . \$what . \"\\n\") }\n\
                    } on-error={ :log warning (\"netquota: \" . \$what . \" cannot be counted here\") }\n\
                }\n\
            }\n\
        }\n\
        :do { /tool fetch url=\$server http-method=post http-data=\$told http-header-field=\"Authorization: Bearer token-gerbang,Content-Type: text/plain\" check-certificate=yes output=none } on-error={ :log warning \"netquota: the readings could not be reported\" }\n\
    }\n\
    :if (\$heard) do={\n\
        :foreach one in=[/ip firewall mangle find where comment~\"^netquota address \" dynamic=no] do={\n\
            :local host [:pick [/ip firewall mangle get \$one comment] 17 300]\n\
            :set host [:pick \$host 0 [:find \$host \" \"]]\n\
            :if ([:typeof [:find \$counting (\" \" . \$host . \" \")]] != \"num\") do={ /ip firewall mangle remove \$one }\n\
        }\n\
        :foreach one in=[/ip firewall address-list find where comment~\"^netquota address \" dynamic=no] do={\n\
            :local host [:pick [/ip firewall address-list get \$one comment] 17 300]\n\
            :if ([:typeof [:find \$counting (\" \" . \$host . \" \")]] != \"num\") do={ /ip firewall address-list remove \$one }\n\
        }\n\
    }"
/system scheduler add name="netquota-readings" interval=5m start-time=startup policy=ftp,read,write,test,policy on-event="/system script run netquota-readings" comment="netquota: readings"

:log info "netquota: the configuration of gw-setda is in force"
