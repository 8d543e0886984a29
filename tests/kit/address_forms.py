"""Ways to write an address that is not public, as attackers do. Each must be refused before anything connects."""

import ipaddress
from collections.abc import Iterator

# What is to be reached: this machine, its neighbours, the cloud's own services.
TARGETS = (
    *("127.0.0.1", "127.127.127.127", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254"),
    *("100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16"),
)
_FULLWIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


def hosts(target: str) -> Iterator[str]:
    """The IPv4 address `target` in every dress."""
    number = int(ipaddress.IPv4Address(target))
    a, b, c, d = target.split(".")
    tail = (int(b) << 16) + (int(c) << 8) + int(d)
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    yield target
    yield from (str(number), hex(number), hex(number).upper(), f"0{number:o}", f"0x{number:016x}", str(number + 2**32))
    yield from (f"{a}.{tail}", f"{a}.{b}.{(int(c) << 8) + int(d)}", f"{int(a):#x}.{tail:#x}", f"0{int(a):o}.{tail}")
    yield ".".join(f"0{int(part):o}" for part in (a, b, c, d))
    yield ".".join(f"{int(part):#x}" for part in (a, b, c, d))
    yield f"{a}.{b}.{c}.{int(d):#x}"
    yield ".".join(f"{int(part):03d}" for part in (a, b, c, d))
    yield ".".join(str(int(part) + 256) for part in (a, b, c, d))
    yield from (
        f"{target}.",
        f"{target}..",
        f".{target}",
        f"{a}..{b}.{c}.{d}",
        f"{target}.0",
        f"%{ord(a[0]):x}{target[1:]}",
    )
    yield target.replace(".", "%2e")
    yield from (target.replace(".", dot) for dot in ("。", "．", "｡"))
    yield from (target.translate(digits) for digits in (_FULLWIDTH, _CIRCLED, _SUPERSCRIPT, _BENGALI))
    yield from (
        f"[::ffff:{target}]",
        f"[::ffff:{high}:{low}]",
        f"[0:0:0:0:0:ffff:{high}:{low}]",
        f"[::ffff:0:{target}]",
    )
    yield from (f"[::{target}]", f"[::{high}:{low}]", f"[64:ff9b::{target}]", f"[64:ff9b:1::{high}:{low}]")
    yield from (f"[2002:{high}:{low}::]", f"[2002:{high}:{low}::1]", f"[2607:f8b0::5efe:{target}]")
    yield f"[2001:0:808:808:0:0:{(number >> 16) ^ 0xFFFF:x}:{(number & 0xFFFF) ^ 0xFFFF:x}]"
    yield from (f"[{target}]", f"[::ffff:{target}%25eth0]", f"[::ffff:{target}%eth0]", f"[v1.{target}]")


OTHER_HOSTS = (
    *("localhost", "LOCALHOST", "localhost.", "LocalHost", "ip6-localhost", "localhost6", "metadata", "kubernetes"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::1%25lo]", "[::1%lo]", "[fe80::1]", "[fe80::1%25eth0]"),
    *("[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]"),
    *("[::1", "::1", "[::1]]", "[[::1]]", "[:::1]", "[::1.]", "[]", "", ".", "..", "a..b", "-a.example", "a-.example"),
    *("localhost%00.example.com", "localhost%2f.example.com", "127.0.0.1%0d%0a", "example.com%23@127.0.0.1"),
    *(
        "exa mple.com",
        "exam\tple.com",
        "例え.jp",
        "xn--.",
        "ⓛocalhost",
        "ｌｏｃａｌｈｏｓｔ",
        "loc\u00adalhost",
        "127.0.0.1\u200b",
    ),
    *("0", "00", "0x", "0x0", "0.0", "127.1", "0177.1", "0x7f.1", "127.0.1", "1", "4294967295", "4294967296", "0b1111"),
    *(
        f"{'a' * 64}.example",
        f"{'a.' * 130}example",
        "a" * 300,
        "a_b..example",
        "*.example.com",
        "a,b.example",
        "a;b.example",
    ),
)


def urls(port: int) -> Iterator[str]:
    """Whole URLs that lead, or might be read to lead, to what is not public; `port` is the canary's."""
    for target in TARGETS:
        yield from (f"https://{host}:{port}/hook" for host in hosts(target))
    yield from (f"https://{host}:{port}/" for host in OTHER_HOSTS)
    public, here = "hooks.example.com", f"127.0.0.1:{port}"
    yield from (
        f"https://{public}@{here}/",
        f"https://{public}:x@{here}/",
        f"https://{public}%40{here}/",
        f"https://@{here}/",
    )
    yield from (
        f"https://{here}#@{public}/",
        f"https://{here}?@{public}/",
        f"https://{here}\\@{public}/",
        f"https:\\\\{here}/",
    )
    yield from (f"https://{public}\\@{here}/", f"https://{public}/\r\nHost: {here}", f"https://{public}\r\n.{here}/")
    yield from (
        f"https:/{here}/",
        f"https:{here}/",
        f"//{here}/",
        f"{here}/",
        f"https:///{here}/",
        f"https:////{here}/",
    )
    yield from (
        f"http://{here}/",
        f"http://{public}:{port}/",
        f"HTTP://{here}/",
        f"ftp://{here}/",
        f"gopher://{here}/_x",
    )
    yield from (
        f"file:///etc/passwd?{here}",
        f"data:text/plain,{here}",
        f"dict://{here}/",
        f"unix://{here}",
        f"ws://{here}/",
    )
    yield from (
        f"jar:https://{here}!/",
        f"https+unix://{here}",
        f" https://{here}/",
        f"https://{here}/ ",
        f"\thttps://{here}/",
    )
    yield from (
        f"https://{here}/\x00",
        f"https://{here}/\x7f",
        f"https://{here}/é",
        f"https://{here}/%",
        f"https://{here}/%zz",
    )
    yield from (
        f"https://{public}:{p}/" for p in ("0", "22", "25", "1023", "65536", "99999", "-1", "+443", "0443", "", "44 3")
    )
    yield from (
        f"https://{public}:443:{port}/",
        f"https://{public}:{port}@/",
        f"https://[{public}]:{port}/",
        "https://",
    )
    yield f"https://{here}/{'a' * 3000}"
