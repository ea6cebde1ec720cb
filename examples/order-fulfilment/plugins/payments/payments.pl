#!/usr/bin/env perl
# The shop's till: a ledger with one JSON object a line, only ever appended to.
#
#     echo '{"amount": 2250, "card": "4242"}' | ./payments.pl charge
#
# Cards that start with 4000 are declined.

use strict;
use warnings;
use Fcntl qw(:flock);
use File::Path qw(make_path);
use FindBin;
use JSON::PP;

use constant CARD_DECLINED => 10;    # plugin.yaml gives this status its meaning
use constant EX_USAGE      => 64;

my $json = JSON::PP->new->canonical;
my %actions = (charge => \&charge, refund => \&refund, balance => \&balance);

sub charge {
    my ($ledger, $order) = @_;
    my $key = $ENV{PAWL_IDEMPOTENCY_KEY} || join '-', $$, time;
    my $charge = $ledger->find(key => $key);
    if (!$charge) {
        if ($order->{card} =~ /^4000/) {
            print STDERR "card $order->{card} was declined\n";
            exit CARD_DECLINED;
        }
        my $number = 1 + grep { $_->{kind} eq 'charge' } $ledger->entries;
        $charge = {
            kind => 'charge', key => $key, id => "ch_$number",
            amount => $order->{amount}, card => $order->{card},
        };
        $ledger->append($charge);
    }
    return { map { $_ => $charge->{$_} } qw(id amount card) };
}

# A charge whose outcome nobody knows has no id: the key of its step finds it.
sub refund {
    my ($ledger, $order) = @_;
    my $charge = $order->{charge}
        ? $ledger->find(id => $order->{charge})
        : $ledger->find(key => $ENV{PAWL_STEP_KEY} // '');
    return { refunded => 0 } if !$charge;
    if (!$ledger->find(refunds => $charge->{id})) {
        $ledger->append({ kind => 'refund', refunds => $charge->{id}, amount => $charge->{amount} });
    }
    return { refunded => $charge->{amount}, charge => $charge->{id} };
}

sub balance {
    my ($ledger) = @_;
    my %sum = (charge => 0, refund => 0);
    $sum{ $_->{kind} } += $_->{amount} for $ledger->entries;
    return { charged => $sum{charge}, refunded => $sum{refund}, balance => $sum{charge} - $sum{refund} };
}

package Ledger;

# Opens the ledger and keeps everyone else out until this process ends.
sub open {
    my ($class, $folder) = @_;
    File::Path::make_path($folder);
    CORE::open my $file, '+>>', "$folder/payments.jsonl" or die "$folder/payments.jsonl: $!\n";
    flock $file, Fcntl::LOCK_EX or die "lock: $!\n";
    seek $file, 0, 0;
    return bless { file => $file, entries => [map { $json->decode($_) } <$file>] }, $class;
}

sub entries { return @{ $_[0]{entries} } }

sub find {
    my ($self, $name, $value) = @_;
    my ($entry) = grep { ($_->{$name} // '') eq $value } $self->entries;
    return $entry;
}

sub append {
    my ($self, $entry) = @_;
    print { $self->{file} } $json->encode($entry), "\n" or die "ledger: $!\n";
    $self->{file}->flush or die "ledger: $!\n";
    $self->{file}->sync or die "ledger: $!\n";
    push @{ $self->{entries} }, $entry;
    return;
}

package main;

my $action = $actions{ $ARGV[0] // '' };
if (!$action) {
    print STDERR "usage: payments.pl charge|refund|balance\n";
    exit EX_USAGE;
}
my $order = $json->decode(do { local $/; <STDIN> } || '{}');
my $ledger = Ledger->open($ENV{SHOP_STATE} || "$FindBin::RealBin/../../state");
print $json->encode($action->($ledger, $order)), "\n";
