<?php

// A customer's journey with PHP's curl, called as the reference's samples call it: the same paths, typos and U+200E
// included, and the same options. Prints a JSON list of what was answered; the Rust test judges it.

$base = getenv('BASE');
$apikey = array("apikey: " . getenv('APIKEY'));
$both = array(
    "apikey: " . getenv('APIKEY'),
    "Authorization: Bearer " . getenv('TOKEN'),
);
$answers = array();

function call($step, $method, $path, $headers, $fields = null)
{
    global $base, $answers;
    $curl = curl_init();
    $options = array(
        CURLOPT_URL => $base . $path,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_ENCODING => "",
        CURLOPT_MAXREDIRS => 10,
        CURLOPT_TIMEOUT => 0,
        CURLOPT_FOLLOWLOCATION => true,
        CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_HTTPHEADER => $headers,
    );
    if ($fields !== null) {
        $options[CURLOPT_POSTFIELDS] = $fields;
    }
    curl_setopt_array($curl, $options);
    $response = curl_exec($curl);
    if ($response === false) {
        fwrite(STDERR, $step . ': ' . curl_error($curl) . "\n");
        exit(1);
    }
    $answers[] = array(
        'step' => $step,
        'status' => curl_getinfo($curl, CURLINFO_RESPONSE_CODE),
        'type' => curl_getinfo($curl, CURLINFO_CONTENT_TYPE),
        'body' => $step === 'download' ? strlen($response) : json_decode($response),
    );
    curl_close($curl);
    return $response;
}

call('categories', "GET", "/get/support-ticket/catogory-list/", $apikey);
call('create', "POST", "/creat/support/ticket/", $both, array(
    'subject' => 'Größe passt nicht',
    'priority' => '2',
    'comment' => 'Bitte um Umtausch',
    'category' => getenv('CATEGORY'),
    'attachment' => new CURLFILE(getenv('FILE')),
));
$history = json_decode(call('history', "GET", "/get/ticket/history/", $both));
$ticket = (string) $history->data->TicketList[0]->id;
call('tags', "GET", "/get/ticket/tags/", $apikey);
call('update', "POST", "/update/support/ticket/", $both, array(
    'ticket_id' => $ticket, 'priority' => '3', 'tags' => getenv('TAG'),
));
call('reply', "POST", "/support/ticket/conversation/", $both, array(
    'ticket' => $ticket, 'comment' => 'Here is more', 'attachment' => new CURLFILE(getenv('REPLY_FILE')),
));
// The sample itself does not run (its URL is in CURLOPT_ENCODING, and it calls "arra"); this is what it means.
$view = json_decode(call('view', "GET", "/support/ticket/detailed-view/", $both, array('ticket_id' => $ticket)));
foreach ($view->data->attachments as $attachment) {
    $bytes = call('download', "GET", "/support/ticket/download/" . $attachment->id . "/", $both);
    file_put_contents(getenv('DOWNLOADS') . '/' . $attachment->id, $bytes);
}
foreach (array('3', '2') as $status) {
    call('status ' . $status, "POST", "/\u{200e}support/ticket/status/", $both, array(
        'ticket' => $ticket, 'status' => $status,
    ));
}
call('view again', "GET", "/support/ticket/detailed-view/", $both, array('ticket_id' => $ticket));
echo json_encode($answers);
