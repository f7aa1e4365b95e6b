# spoil PORT [finished]: carries one connection to PORT of 127.0.0.1; on SIGUSR1
# the client gets what is no TLS.  With finished, a record that nobody has made
# comes at once behind the server's last message of the handshake.  Says its own
# port.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my $spoil = 0;
$SIG{USR1} = sub { $spoil = 1 };
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
    or die $!;
$| = 1;
print $listener->sockport, "\n";
my $client = $listener->accept or die $!;
my $server = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or die $!;
my $both = IO::Select->new($client, $server);
while (!$spoil) {
    for my $from ($both->can_read(0.1)) {
        sysread $from, my $bytes, 65536 or exit;
        my $to = $from == $client ? $server : $client;
        $bytes .= "\x17\x03\x03\0\x30" . 'z' x 48
            if $ARGV[1] and $bytes =~ /\x14\x03\x03\0\x01\x01/;
        syswrite $to, $bytes;
    }
}
syswrite $client, 'this is no TLS at all, whatever came before it';
sysread $client, my $end, 65536;
